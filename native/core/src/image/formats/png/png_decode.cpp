// PNG through libpng, into the matrices that OpenCV makes.
#include <png.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/formats/png/png_errors.hpp"
#include "image/orientation.hpp"

namespace matmq::codec {
namespace {

struct Dimensions {
  std::uint32_t width;
  std::uint32_t height;
  int bitDepth;
  int colorType;
};

constexpr std::size_t signature = 8;

[[noreturn]] void damaged(const char* reason) {
  throw Error(ErrorCode::cannotDecode,
              "Expected a whole PNG image but found '" + std::string(reason) + "': the body is damaged or truncated");
}

std::uint32_t bigEndian32(std::span<const std::byte> body, std::size_t at) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(body[at + i]);
  return value;
}

/// libpng's default, which a build of libpng may change.
constexpr std::uint32_t mostChunkBytes = 8'000'000;

/// tRNS, or what one flipped bit makes of its name.
bool isTransparency(std::uint32_t name) noexcept {
  constexpr std::uint32_t transparency = 0x74524E53;
  return std::popcount(name ^ transparency) <= 1;
}

struct Beside {
  bool transparency = false;
  bool exif = false;
};

/// Checks the lengths of all chunks, and says what there is beside the pixels. libpng allocates as many bytes as eXIf
/// claims to have before it reads them, and only warns when they are too many.
Beside checkChunks(std::span<const std::byte> body, bool mayEndEarly) {
  Beside beside;
  constexpr std::size_t around = 12;  // length, name and checksum
  constexpr std::uint32_t exif = 0x65584966;
  constexpr std::uint32_t end = 0x49454E44;
  for (std::size_t at = signature; at < body.size();) {
    if (body.size() - at < around) {
      if (mayEndEarly) break;
      damaged("a chunk is cut off");
    }
    const std::uint32_t length = bigEndian32(body, at);
    const std::uint32_t name = bigEndian32(body, at + 4);
    if (length > body.size() - at - around) {
      if (mayEndEarly && name != exif) break;
      damaged("a chunk is longer than the rest of the body");
    }
    beside.transparency = beside.transparency || isTransparency(name);
    if (name == exif && length > mostChunkBytes) damaged("the EXIF chunk is too large");
    beside.exif = beside.exif || name == exif;
    if (name == end) break;
    at += around + length;
  }
  return beside;
}

/// IHDR is always the first chunk, at a fixed place. It is read here because libpng allocates memory for the chunks
/// after it before it reports the dimensions. libpng checks later whether it is valid.
Dimensions readDimensions(std::span<const std::byte> body) {
  constexpr std::array<unsigned, 8> ihdr{0, 0, 0, 13, 'I', 'H', 'D', 'R'};
  constexpr std::size_t fields = signature + ihdr.size();
  if (body.size() < fields + 13) damaged("the image header is missing");
  for (std::size_t i = 0; i < ihdr.size(); ++i) {
    if (std::to_integer<unsigned>(body[signature + i]) != ihdr[i]) damaged("the first chunk is not IHDR");
  }
  return {bigEndian32(body, fields), bigEndian32(body, fields + 4), std::to_integer<int>(body[fields + 8]),
          std::to_integer<int>(body[fields + 9])};
}

/// Deflate makes at most 1032 bytes of one byte, so that a minimum size follows from the header. A body that is shorter
/// is refused here at no cost; libpng would allocate and clear its rows first.
void checkPossible(const Dimensions& header, std::size_t bodySize) {
  constexpr std::uint64_t mostFromOneByte = 1032;
  const unsigned samples = header.colorType == PNG_COLOR_TYPE_RGB          ? 3
                           : header.colorType == PNG_COLOR_TYPE_RGB_ALPHA  ? 4
                           : header.colorType == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                                                           : 1;
  const std::uint64_t bits = std::uint64_t{samples} * static_cast<unsigned>(header.bitDepth);
  const std::uint64_t pixels = std::uint64_t{header.width} * header.height;
  const std::uint64_t least = pixels / (8 * mostFromOneByte) * bits;  // bits of 8-bit fields: below 2^63
  if (least <= bodySize) return;
  throw Error(ErrorCode::cannotDecode, "Expected at least " + std::to_string(least) + " bytes for a PNG image of " +
                                           std::to_string(header.width) + " x " + std::to_string(header.height) +
                                           " but received " + std::to_string(bodySize) +
                                           ": the body is damaged or truncated");
}

/// The memory of libpng beside the image: two rows, of the widest pixels that it has during conversion.
std::uint64_t rowBufferBytes(const Dimensions& header) noexcept {
  constexpr std::uint64_t widestPixel = 8;
  return 2 * widestPixel * header.width;
}

/// The type of the matrix that cv::imdecode makes. A transparent colour becomes an alpha channel in a palette or RGB
/// image, but not in a grey one.
int fileType(const Dimensions& header, bool transparency) noexcept {
  const int depth = header.bitDepth == 16 ? CV_16U : CV_8U;
  switch (header.colorType) {
    case PNG_COLOR_TYPE_RGB:
    case PNG_COLOR_TYPE_PALETTE:
      return CV_MAKETYPE(depth, transparency ? 4 : 3);
    case PNG_COLOR_TYPE_GRAY_ALPHA:
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return CV_MAKETYPE(depth, 4);
    default:
      return CV_MAKETYPE(depth, 1);
  }
}

class Reader {
 public:
  Reader(std::span<const std::byte> body, DecodeWork& work)
      : rest_(body),
        work_(work),
        png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, onPngError, onWarning)) {
    if (png_ != nullptr) {
      info_ = png_create_info_struct(png_);
      end_ = png_create_info_struct(png_);
    }
    if (info_ == nullptr || end_ == nullptr) {
      destroy();
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, read);
  }
  ~Reader() { destroy(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] const char* error() const noexcept { return failure_.text.data(); }

  /// Everything up to the first pixel. False: see error().
  [[nodiscard]] bool readInfo(bool keepProfile, bool transparency) noexcept {
    // Chunks that change no pixel are skipped (their CRC is still checked): some of them are compressed, some large.
    // Only iCCP matters, because libpng reads the gamma for grey from it.
    static constexpr png_byte unused[] = "bKGD\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sCAL\0sPLT\0tEXt\0tIME\0zTXt\0iCCP";
    constexpr int unusedCount = static_cast<int>(sizeof unused) / 5;
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // dimensions are checked against ImageLimits instead
    png_set_chunk_malloc_max(png_, mostChunkBytes);
    // Pixels must be whole; an ancillary chunk that is not is left out, as OpenCV, Pillow and browsers do. Not where
    // one of them is transparency: without it the pixels would be others.
    png_set_crc_action(png_, work_.keepsDamaged() ? PNG_CRC_WARN_USE : PNG_CRC_ERROR_QUIT,
                       transparency ? PNG_CRC_ERROR_QUIT : PNG_CRC_WARN_DISCARD);
    // What is left of a body that ends early is read in parts that small: one that is not whole is lost.
    constexpr std::size_t smallParts = 128;
    if (work_.keepsDamaged()) png_set_compression_buffer_size(png_, smallParts);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, unused, keepProfile ? unusedCount - 1 : unusedCount);
    png_read_info(png_, info_);
    return true;
  }

  /// Filled with what stands for missing pixels as soon as there is a row. It must outlive the rows.
  void fillAtFirstRow(cv::Mat& image) noexcept { missing_ = &image; }

  [[nodiscard]] bool hasTransparency() const noexcept { return png_get_valid(png_, info_, PNG_INFO_tRNS) != 0; }

  /// Reads the pixels. Makes the same calls in the same order as OpenCV 4.6, because the order decides how
  /// transformations combine. False: see error().
  [[nodiscard]] bool readPixels(const Dimensions& header, png_bytep data, std::size_t step, std::size_t rowBytes,
                                int type) noexcept {
    const bool color = CV_MAT_CN(type) > 1;
    const bool colorFile = (header.colorType & PNG_COLOR_MASK_COLOR) != 0;
    if (setjmp(png_jmpbuf(png_))) return false;
    if (CV_MAT_DEPTH(type) == CV_8U && header.bitDepth == 16) {
      png_set_strip_16(png_);
    } else {
      png_set_swap(png_);  // PNG is big-endian
    }
    if (CV_MAT_CN(type) < 4) {
      png_set_strip_alpha(png_);
    } else {
      png_set_tRNS_to_alpha(png_);
    }
    if (header.colorType == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (!colorFile && header.bitDepth < 8) png_set_expand_gray_1_2_4_to_8(png_);
    if (colorFile && color) {
      png_set_bgr(png_);
    } else if (color) {
      png_set_gray_to_rgb(png_);
    } else {
      constexpr int quietly = 1;  // no error for a picture that was not grey
      png_set_rgb_to_gray(png_, quietly, 0.299, 0.587);
    }
    const int passes = png_set_interlace_handling(png_);
    rows_ = rowsWithPixels(header, passes);
    rowsLeft_ = rows_;
    rowPixels_ = header.width;
    png_set_read_user_transform_fn(png_, rowDone);
    png_read_update_info(png_, info_);
    // The rows of the matrix must be exactly as long as those that libpng writes, whatever the settings above are.
    if (png_get_rowbytes(png_, info_) != rowBytes) png_error(png_, "rows are not as long as the header says");
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t y = 0; y < header.height; ++y) png_read_row(png_, data + y * step, nullptr);
    }
    surplusLeft_ = std::numeric_limits<std::size_t>::max();  // libpng does not inflate what follows the pixels
    png_read_end(png_, end_);
    return true;
  }

  /// Those of all passes count.
  [[nodiscard]] bool hasRows() const noexcept { return rowsLeft_ < rows_; }

  /// EXIF may be before or after the pixels.
  [[nodiscard]] int orientation() const noexcept {
    for (const png_infop info : {info_, end_}) {
      png_uint_32 size = 0;
      png_bytep exif = nullptr;
      if (png_get_eXIf_1(png_, info, &size, &exif) != 0 && exif != nullptr)
        return exifOrientation(std::as_bytes(std::span{exif, size}));
    }
    return 1;
  }

 private:
  /// Where damaged images are kept, a wrong checksum of pixels is a warning.
  static void onWarning(png_structp png, png_const_charp message) {
    // "IDAT: CRC error". The names of critical chunks begin with a capital (PNG specification, 5.4).
    constexpr std::size_t nameSize = 4;
    const std::string_view text(message);
    const bool critical = text.size() > nameSize && text[0] >= 'A' && text[0] <= 'Z';
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (self != nullptr && critical && text.substr(nameSize).starts_with(": CRC")) self->work_.lost();
  }

  static void read(png_structp png, png_bytep out, std::size_t count) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (count > self->rest_.size()) png_error(png, "the body ends before the image does");
    if (!self->work_.done(count)) png_error(png, "the decode ends early");
    if (self->rowsLeft_ == 0) {
      if (count > self->surplusLeft_) png_error(png, "there are more compressed pixels than the image has");
      self->surplusLeft_ -= count;
    }
    std::memcpy(out, self->rest_.data(), count);
    self->rest_ = self->rest_.subspan(count);
  }

  /// Transforms nothing: libpng calls it after each row of pixels, before it reads more. After the last row libpng
  /// inflates and discards all surplus data, and a megabyte of zeros inflates for seconds.
  static void rowDone(png_structp png, png_row_infop, png_bytep) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    // Before the first row is written: a body without one does not cost the whole image.
    if (self->missing_ != nullptr) fillMissing(*std::exchange(self->missing_, nullptr));
    if (self->rowsLeft_ > 0) --self->rowsLeft_;
    if (!self->work_.done(self->rowPixels_)) png_error(png, "the decode ends early");
  }

  static std::uint64_t rowsWithPixels(const Dimensions& header, int passes) noexcept {
    if (passes == 1) return header.height;
    std::uint64_t rows = 0;
    for (int pass = 0; pass < passes; ++pass) {
      if (PNG_PASS_COLS(header.width, pass) > 0) rows += PNG_PASS_ROWS(header.height, pass);
    }
    return rows;
  }

  void destroy() noexcept { png_destroy_read_struct(&png_, &info_, &end_); }

  static constexpr std::size_t mostSurplus =
      8192;  // an end code and a checksum lie behind the last row, and stray bytes

  std::span<const std::byte> rest_;
  DecodeWork& work_;
  cv::Mat* missing_ = nullptr;
  std::uint64_t rowPixels_ = 0;
  std::uint64_t rows_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t rowsLeft_ = std::numeric_limits<std::uint64_t>::max();
  std::size_t surplusLeft_ = mostSurplus;
  PngFailure failure_;
  png_structp png_;
  png_infop info_ = nullptr;
  png_infop end_ = nullptr;
};

}  // namespace

cv::Mat decodePng(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  const Dimensions header = readDimensions(body);
  const auto typeWith = [&](bool transparency) { return decodedType(fileType(header, transparency), options.mode); };
  checkLimits(header.height, header.width, typeWith(false), options.limits, "PNG", rowBufferBytes(header));
  if (!work.keepsDamaged()) checkPossible(header, body.size());
  const Beside beside = checkChunks(body, work.keepsDamaged());

  Reader reader(body, work);
  const bool toGray = options.mode == DecodeMode::grayscale || header.colorType == PNG_COLOR_TYPE_GRAY;
  if (!reader.readInfo(toGray, beside.transparency)) {
    if (work.ended()) work.endedEarly();
    damaged(reader.error());
  }
  const int type = typeWith(reader.hasTransparency());
  const std::uint64_t pixelBytes = std::uint64_t{header.height} * header.width * CV_ELEM_SIZE(type);
  const std::uint64_t turned = beside.exif && wantsOrientation(options) ? pixelBytes : 0;
  work.admit(header.height, header.width, type, "PNG", rowBufferBytes(header),
             reducedBytes(pixelBytes, options.reduce) + turned);
  cv::Mat image(static_cast<int>(header.height), static_cast<int>(header.width), type);
  if (work.keepsDamaged()) reader.fillAtFirstRow(image);
  if (!reader.readPixels(header, image.data, image.step[0], static_cast<std::size_t>(image.cols) * image.elemSize(),
                         type)) {
    if (work.ended()) work.endedEarly();
    if (!work.keepsDamaged() || !reader.hasRows()) damaged(reader.error());
    work.lost();
  }
  image = reduced(std::move(image), options.reduce);
  if (wantsOrientation(options)) applyOrientation(image, reader.orientation());
  return image;
}

}  // namespace matmq::codec
