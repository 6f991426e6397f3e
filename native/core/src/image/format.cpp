#include "image/format.hpp"

#include <algorithm>
#include <array>

#include "image/codecs.hpp"

namespace matmq::codec {

// Each of them is defined in the files of its format (formats/).
Encode encodePng, encodeJpeg, encodeWebp, encodeBmp, encodeTiff, encodePnm;
Decode decodePng, decodeJpeg, decodeWebp, decodeBmp, decodeTiff, decodePnm;
CheckMatrix checkBmpMatrix;
CheckOptions checkPngOptions, checkJpegOptions, checkWebpOptions;
LibraryOf pngLibrary, jpegLibrary, webpLibrary;

namespace {

using std::string_view_literals::operator""sv;

bool startsWith(std::span<const std::byte> body, std::string_view magic) noexcept {
  return body.size() >= magic.size() && std::ranges::equal(body.first(magic.size()), std::as_bytes(std::span{magic}));
}

bool isPng(std::span<const std::byte> body) noexcept { return startsWith(body, "\x89PNG\r\n\x1a\n"sv); }
bool isJpeg(std::span<const std::byte> body) noexcept { return startsWith(body, "\xFF\xD8\xFF"sv); }
bool isWebp(std::span<const std::byte> body) noexcept {
  constexpr std::size_t sizeEnd = 8;
  return startsWith(body, "RIFF"sv) && body.size() > sizeEnd && startsWith(body.subspan(sizeEnd), "WEBP"sv);
}
bool isBmp(std::span<const std::byte> body) noexcept { return startsWith(body, "BM"sv); }
bool isTiff(std::span<const std::byte> body) noexcept {
  // BigTIFF, too (43 in the place of 42), which its decoder refuses by name.
  constexpr std::array marks{"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv};
  return std::ranges::any_of(marks, [&](std::string_view mark) { return startsWith(body, mark); });
}
/// "P1" to "P6" and a white space, as Netpbm demands.
bool isPnm(std::span<const std::byte> body) noexcept {
  if (body.size() < 3 || body[0] != std::byte{'P'}) return false;
  const auto kind = std::to_integer<char>(body[1]);
  return kind >= '1' && kind <= '6' && " \t\n\v\f\r"sv.find(std::to_integer<char>(body[2])) != std::string_view::npos;
}

/// For a decoder that does not reduce by itself.
template <Decode decode>
cv::Mat thenReduced(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  return reduced(decode(body, options, work), options.reduce);
}

constexpr auto table = std::to_array<FormatInfo>({
    {
        .format = ImageFormat::png,
        .name = "png",
        .label = "PNG",
        .contentType = "image/png",
        .names = {"png"},
        .depths = {CV_8U, CV_16U},
        .channels = {1, 3, 4},
        .options = {EncodeOption::compression, EncodeOption::strategy, EncodeOption::filter},
        .checkOptions = checkPngOptions,
        .compressed = true,
        .matches = isPng,
        .encode = encodePng,
        .decode = decodePng,
        .library = pngLibrary,
    },
    {
        .format = ImageFormat::jpeg,
        .name = "jpeg",
        .label = "JPEG",
        .contentType = "image/jpeg",
        .names = {"jpg", "jpeg"},
        .depths = {CV_8U},
        .channels = {1, 3},
        .longestSide = 65500,
        .options = {EncodeOption::quality, EncodeOption::progressive, EncodeOption::optimize,
                    EncodeOption::restartInterval, EncodeOption::chromaSubsampling},
        .checkOptions = checkJpegOptions,
        .compressed = true,
        .matches = isJpeg,
        .encode = encodeJpeg,
        .decode = decodeJpeg,
        .library = jpegLibrary,
    },
    {
        .format = ImageFormat::webp,
        .name = "webp",
        .label = "WebP",
        .contentType = "image/webp",
        .names = {"webp"},
        .depths = {CV_8U},
        .channels = {1, 3, 4},
        .longestSide = 16383,
        .options = {EncodeOption::quality, EncodeOption::lossless},
        .checkOptions = checkWebpOptions,
        .compressed = true,
        .matches = isWebp,
        .encode = encodeWebp,
        .decode = thenReduced<decodeWebp>,
        .library = webpLibrary,
    },
    {
        .format = ImageFormat::bmp,
        .name = "bmp",
        .label = "BMP",
        .contentType = "image/bmp",
        .names = {"bmp"},
        .depths = {CV_8U},
        .channels = {1, 3, 4},
        .checkMatrix = checkBmpMatrix,
        .compressed = true,  // by run lengths
        .matches = isBmp,
        .encode = encodeBmp,
        .decode = thenReduced<decodeBmp>,
    },
    {
        .format = ImageFormat::tiff,
        .name = "tiff",
        .label = "TIFF",
        .contentType = "image/tiff",
        .names = {"tiff", "tif"},
        .unlistedName = "tif",
        .depths = {CV_8U, CV_16U, CV_32F, CV_64F},
        .channels = {1, 3, 4},
        .compressed = true,
        .matches = isTiff,
        .encode = encodeTiff,
        .decode = thenReduced<decodeTiff>,
    },
    {
        .format = ImageFormat::pnm,
        .name = "pnm",
        .label = "PNM",
        .contentType = "image/x-portable-anymap",
        .names = {"pnm"},
        .namesToRead = {"pbm"},
        .depths = {CV_8U, CV_16U},
        .channels = {1, 3},
        .matches = isPnm,
        .encode = encodePnm,
        .decode = thenReduced<decodePnm>,
    },
    {
        .format = ImageFormat::pgm,
        .name = "pgm",
        .label = "PGM",
        .contentType = "image/x-portable-graymap",
        .names = {"pgm"},
        .depths = {CV_8U, CV_16U},
        .channels = {1},
        .encode = encodePnm,
        .decode = thenReduced<decodePnm>,
    },
    {
        .format = ImageFormat::ppm,
        .name = "ppm",
        .label = "PPM",
        .contentType = "image/x-portable-pixmap",
        .names = {"ppm"},
        .depths = {CV_8U, CV_16U},
        .channels = {3},
        .encode = encodePnm,
        .decode = thenReduced<decodePnm>,
    },
    {
        .format = ImageFormat::raw,
        .name = "raw",
        .label = "raw",
        .contentType = "application/x-cv-mat",
        .names = {"raw"},
        .depths = {CV_8U, CV_8S, CV_16U, CV_16S, CV_32S, CV_32F, CV_64F},
    },
});

/// Not constexpr: under a sanitizer the addresses of functions are none.
std::array<ImageFormatFacts, table.size()> makeFacts() {
  std::array<ImageFormatFacts, table.size()> made{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const FormatInfo& info = table[i];
    made[i] = {info.format,       info.name,     info.contentType,
               info.names.view(), info.isFile(), usualFormats.contains(info.format),
               info.compressed};
  }
  return made;
}

}  // namespace

std::span<const FormatInfo> formatTable() noexcept { return table; }

std::map<std::string, std::string> codecLibraries() {
  std::map<std::string, std::string> versions;
  for (const FormatInfo& info : table) {
    if (info.library == nullptr) continue;
    const auto [name, version] = info.library();
    versions.emplace(name, version);
  }
  return versions;
}

}  // namespace matmq::codec

std::span<const matmq::ImageFormatFacts> matmq::imageFormats() noexcept {
  static const auto facts = codec::makeFacts();
  return facts;
}
