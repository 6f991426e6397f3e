#include <algorithm>
#include <array>
#include <matmq/image.hpp>

namespace matmq {
namespace {

using std::string_view_literals::operator""sv;

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Not std::tolower: names on the wire do not depend on the locale of a program.
bool equalIgnoringCase(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

struct Name {
  std::string_view name;
  ImageFormat format;
};
constexpr std::array names{
    Name{"png"sv, ImageFormat::png},   Name{".png"sv, ImageFormat::png},   Name{"jpg"sv, ImageFormat::jpeg},
    Name{".jpg"sv, ImageFormat::jpeg}, Name{"jpeg"sv, ImageFormat::jpeg},  Name{".jpeg"sv, ImageFormat::jpeg},
    Name{"webp"sv, ImageFormat::webp}, Name{".webp"sv, ImageFormat::webp}, Name{"bmp"sv, ImageFormat::bmp},
    Name{".bmp"sv, ImageFormat::bmp},  Name{"tiff"sv, ImageFormat::tiff},  Name{".tiff"sv, ImageFormat::tiff},
    Name{"tif"sv, ImageFormat::tiff},  Name{".tif"sv, ImageFormat::tiff},  Name{"pnm"sv, ImageFormat::pnm},
    Name{".pnm"sv, ImageFormat::pnm},  Name{"pgm"sv, ImageFormat::pgm},    Name{".pgm"sv, ImageFormat::pgm},
    Name{"ppm"sv, ImageFormat::ppm},   Name{".ppm"sv, ImageFormat::ppm},   Name{"raw"sv, ImageFormat::raw},
};

constexpr std::array contentTypes{
    Name{"image/png"sv, ImageFormat::png},
    Name{"image/jpeg"sv, ImageFormat::jpeg},
    Name{"image/webp"sv, ImageFormat::webp},
    Name{"image/bmp"sv, ImageFormat::bmp},
    Name{"image/tiff"sv, ImageFormat::tiff},
    Name{"image/x-portable-anymap"sv, ImageFormat::pnm},
    Name{"image/x-portable-graymap"sv, ImageFormat::pgm},
    Name{"image/x-portable-pixmap"sv, ImageFormat::ppm},
    Name{"application/x-cv-mat"sv, ImageFormat::raw},
};

bool startsWith(std::span<const std::byte> body, std::string_view magic) noexcept {
  return body.size() >= magic.size() && std::ranges::equal(body.first(magic.size()), std::as_bytes(std::span{magic}));
}

/// "P1" to "P6" and a white space, as Netpbm asks for.
bool isPnm(std::span<const std::byte> body) noexcept {
  if (body.size() < 3 || body[0] != std::byte{'P'}) return false;
  const auto kind = std::to_integer<char>(body[1]);
  return kind >= '1' && kind <= '6' && " \t\n\v\f\r"sv.find(std::to_integer<char>(body[2])) != std::string_view::npos;
}

}  // namespace

ImageFormat parseImageFormat(std::string_view name) {
  const auto found =
      std::ranges::find_if(names, [name](const Name& known) { return equalIgnoringCase(known.name, name); });
  if (found == names.end()) {
    constexpr std::size_t shown = 64;  // the name may come from anywhere; an error message is no place for a megabyte
    throw Error(
        ErrorCode::unknownFormat,
        "Expected '.png', '.jpg', '.jpeg', '.webp', '.bmp', '.tiff', '.pnm', '.pgm', '.ppm' or 'raw' for the image "
        "format but received '" +
            std::string(name.substr(0, shown)) + (name.size() > shown ? "...'" : "'"));
  }
  return found->format;
}

std::string_view formatName(ImageFormat format) noexcept {
  const auto found = std::ranges::find_if(names, [format](const Name& known) {  // those without a dot, the first of two
    return known.format == format && !known.name.starts_with('.') && known.name != "jpg"sv;
  });
  return found == names.end() ? "unknown"sv : found->name;
}

std::string_view contentType(ImageFormat format) noexcept {
  const auto found = std::ranges::find(contentTypes, format, &Name::format);
  return found == contentTypes.end() ? "application/octet-stream"sv : found->name;
}

std::optional<ImageFormat> formatOfContentType(std::string_view contentType) noexcept {
  std::string_view essence = contentType.substr(0, contentType.find(';'));  // "image/png; charset=binary" is a PNG too
  while (essence.ends_with(' ')) essence.remove_suffix(1);
  const auto found = std::ranges::find_if(
      contentTypes, [essence](const Name& known) { return equalIgnoringCase(known.name, essence); });
  if (found == contentTypes.end()) return std::nullopt;
  return found->format;
}

std::optional<ImageFormat> formatOfMagic(std::span<const std::byte> body) noexcept {
  if (startsWith(body, "\x89PNG\r\n\x1a\n"sv)) return ImageFormat::png;
  if (startsWith(body, "\xFF\xD8\xFF"sv)) return ImageFormat::jpeg;
  if (startsWith(body, "RIFF"sv) && body.size() >= 12 && startsWith(body.subspan(8), "WEBP"sv))
    return ImageFormat::webp;
  if (startsWith(body, "BM"sv)) return ImageFormat::bmp;
  if (startsWith(body, "II*\0"sv) || startsWith(body, "MM\0*"sv)) return ImageFormat::tiff;
  if (isPnm(body)) return ImageFormat::pnm;
  return std::nullopt;
}

}  // namespace matmq
