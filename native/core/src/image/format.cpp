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
    Name{".bmp"sv, ImageFormat::bmp},  Name{"raw"sv, ImageFormat::raw},
};

constexpr std::array contentTypes{
    Name{"image/png"sv, ImageFormat::png},
    Name{"image/jpeg"sv, ImageFormat::jpeg},
    Name{"image/webp"sv, ImageFormat::webp},
    Name{"image/bmp"sv, ImageFormat::bmp},
    Name{"application/x-cv-mat"sv, ImageFormat::raw},
};

bool startsWith(std::span<const std::byte> body, std::string_view magic) noexcept {
  return body.size() >= magic.size() && std::ranges::equal(body.first(magic.size()), std::as_bytes(std::span{magic}));
}

}  // namespace

ImageFormat parseImageFormat(std::string_view name) {
  const auto found =
      std::ranges::find_if(names, [name](const Name& known) { return equalIgnoringCase(known.name, name); });
  if (found == names.end()) {
    constexpr std::size_t shown = 64;  // the name may come from anywhere; an error message is no place for a megabyte
    throw Error(ErrorCode::unknownFormat,
                "Expected '.png', '.jpg', '.jpeg', '.webp', '.bmp' or 'raw' for the image format but received '" +
                    std::string(name.substr(0, shown)) + (name.size() > shown ? "...'" : "'"));
  }
  return found->format;
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
  return std::nullopt;
}

}  // namespace matmq
