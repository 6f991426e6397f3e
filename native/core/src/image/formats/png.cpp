// PNG through libpng, whose errors are longjmps.
//
// Rules
// 1. setjmp stands only in the `noexcept` members of Reader and Writer, which have no locals with destructors and call
//    nothing that throws. Whatever owns memory lives in the object, outside the jump.
// 2. Callbacks that libpng calls have no such locals either, and report failure with png_error.
#include <png.h>
#include <zlib.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>

#include "image/codecs.hpp"
#include "image/limits.hpp"
#include "image/malloc_buffer.hpp"
#include "image/orientation.hpp"

namespace matmq::codec {
namespace {

struct Failure {
  std::array<char, 160> text{};
};

[[noreturn]] void onError(png_structp png, png_const_charp message) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::snprintf(failure->text.data(), failure->text.size(), "%s", message);
  png_longjmp(png, 1);
}

void onWarning(png_structp, png_const_charp) {}  // libpng's own writes to stderr, which belongs to the program

// --- decoding --------------------------------------------------------------------------------------------------------

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

/// libpng's default, said here so that no build can lift it.
constexpr std::uint32_t mostChunkBytes = 8'000'000;

/// From chunk to chunk. libpng takes memory for as many bytes as eXIf says it has before it looks whether they are
/// there, and only warns when they are too many.
void checkChunks(std::span<const std::byte> body) {
  constexpr std::size_t around = 12;  // length, name and checksum
  constexpr std::uint32_t exif = 0x65584966;
  constexpr std::uint32_t end = 0x49454E44;
  for (std::size_t at = signature; at < body.size();) {
    if (body.size() - at < around) damaged("a chunk is cut off");
    const std::uint32_t length = bigEndian32(body, at);
    const std::uint32_t name = bigEndian32(body, at + 4);
    if (length > body.size() - at - around) damaged("a chunk is longer than the rest of the body");
    if (name == exif && length > mostChunkBytes) damaged("the EXIF chunk is too large");
    if (name == end) return;
    at += around + length;
  }
}

/// IHDR is always the first chunk, at a fixed place. It is read here because libpng takes memory for the chunks behind
/// it before it lets anyone see the dimensions. Whether it is valid is for libpng to say, later.
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

/// Deflate makes at most 1032 bytes of one, so a body is too short for what its header promises, or it is not. Found
/// out here, a lie costs nothing; libpng would take and clear its rows first.
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

/// What libpng holds beside the image: two rows, in the widest pixels it has while it converts them.
std::uint64_t rowBufferBytes(const Dimensions& header) noexcept {
  constexpr std::uint64_t widestPixel = 8;
  return 2 * widestPixel * header.width;
}

/// The matrix cv::imdecode makes of it. A transparent colour makes an alpha channel of a palette or RGB image, but not
/// of a grey one.
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
  explicit Reader(std::span<const std::byte> body)
      : rest_(body), png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure_, onError, onWarning)) {
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
  [[nodiscard]] bool readInfo(bool keepProfile) noexcept {
    // Chunks that change no pixel of ours are skipped unread (their CRC is still checked): some of them are compressed,
    // and some large. iCCP alone matters, where libpng finds the gamma for grey in it.
    static constexpr png_byte unused[] = "bKGD\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sCAL\0sPLT\0tEXt\0tIME\0zTXt\0iCCP";
    constexpr int unusedCount = static_cast<int>(sizeof unused) / 5;
    if (setjmp(png_jmpbuf(png_))) return false;
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // dimensions are held against ImageLimits instead
    png_set_chunk_malloc_max(png_, mostChunkBytes);
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, unused, keepProfile ? unusedCount - 1 : unusedCount);
    png_read_info(png_, info_);
    return true;
  }

  [[nodiscard]] bool hasTransparency() const noexcept { return png_get_valid(png_, info_, PNG_INFO_tRNS) != 0; }

  /// The pixels, in the calls and the order of OpenCV 4.6, which decide how transformations combine. False: see
  /// error().
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
    rowsLeft_ = rowsWithPixels(header, passes);
    png_set_read_user_transform_fn(png_, rowDone);
    png_read_update_info(png_, info_);
    // Our rows must be exactly as long as what libpng will write into them, whatever was asked of it above.
    if (png_get_rowbytes(png_, info_) != rowBytes) png_error(png_, "rows are not as long as the header says");
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t y = 0; y < header.height; ++y) png_read_row(png_, data + y * step, nullptr);
    }
    surplusLeft_ = std::numeric_limits<std::size_t>::max();  // what follows the pixels is not inflated
    png_read_end(png_, end_);
    return true;
  }

  /// EXIF may stand before or behind the pixels.
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
  static void read(png_structp png, png_bytep out, std::size_t count) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (count > self->rest_.size()) png_error(png, "the body ends before the image does");
    if (self->rowsLeft_ == 0) {
      if (count > self->surplusLeft_) png_error(png, "there are more compressed pixels than the image has");
      self->surplusLeft_ -= count;
    }
    std::memcpy(out, self->rest_.data(), count);
    self->rest_ = self->rest_.subspan(count);
  }

  /// Transforms nothing: it is called once a row of pixels is there, before libpng looks for more of them. After the
  /// last row libpng inflates whatever surplus there is, to throw it away, and a megabyte of zeros inflates for
  /// seconds.
  static void rowDone(png_structp png, png_row_infop, png_bytep) {
    auto* self = static_cast<Reader*>(png_get_io_ptr(png));
    if (self->rowsLeft_ > 0) --self->rowsLeft_;
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
  std::uint64_t rowsLeft_ = std::numeric_limits<std::uint64_t>::max();
  std::size_t surplusLeft_ = mostSurplus;
  Failure failure_;
  png_structp png_;
  png_infop info_ = nullptr;
  png_infop end_ = nullptr;
};

// --- encoding --------------------------------------------------------------------------------------------------------

static_assert(static_cast<int>(PngStrategy::standard) == Z_DEFAULT_STRATEGY &&
              static_cast<int>(PngStrategy::fixed) == Z_FIXED);

class Writer {
 public:
  explicit Writer(std::size_t capacity)
      : out_(capacity), png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, onError, onWarning)) {
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      destroy();
      throw std::bad_alloc();
    }
    png_set_write_fn(png_, this, write, flush);
  }
  ~Writer() { destroy(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// False: see error().
  [[nodiscard]] bool encode(const cv::Mat& image, const EncodeOptions& options) noexcept {
    if (setjmp(png_jmpbuf(png_))) return false;
    const auto width = static_cast<png_uint_32>(image.cols);
    const auto height = static_cast<png_uint_32>(image.rows);
    const int channels = image.channels();
    const int colorType = channels == 1   ? PNG_COLOR_TYPE_GRAY
                          : channels == 3 ? PNG_COLOR_TYPE_RGB
                                          : PNG_COLOR_TYPE_RGB_ALPHA;
    const int bitDepth = image.depth() == CV_8U ? 8 : 16;
    const std::size_t step = image.step[0];
    const png_const_bytep data = image.data;
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // libpng's default is a million a side
    const bool fast = !options.compression;                       // OpenCV's default
    png_set_compression_level(png_, fast ? Z_BEST_SPEED : *options.compression);
    png_set_compression_strategy(png_, options.strategy ? static_cast<int>(*options.strategy)
                                       : fast           ? Z_RLE
                                                        : Z_DEFAULT_STRATEGY);
    if (fast || options.filter) {
      png_set_filter(png_, PNG_FILTER_TYPE_BASE, filters(options.filter.value_or(PngFilter::sub)));
    }
    png_set_IHDR(png_, info_, width, height, bitDepth, colorType, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png_, info_);
    png_set_bgr(png_);
    png_set_swap(png_);  // PNG is big-endian
    for (std::size_t y = 0; y < height; ++y) png_write_row(png_, data + y * step);
    png_write_end(png_, info_);
    return true;
  }

  [[nodiscard]] const char* error() const noexcept { return failure_.text.data(); }
  [[nodiscard]] bool outOfMemory() const noexcept { return outOfMemory_; }
  [[nodiscard]] SharedBytes release() && { return std::move(out_).release(); }

 private:
  static int filters(PngFilter filter) noexcept {
    switch (filter) {
      case PngFilter::none:
        return PNG_FILTER_NONE;
      case PngFilter::sub:
        return PNG_FILTER_SUB;
      case PngFilter::up:
        return PNG_FILTER_UP;
      case PngFilter::average:
        return PNG_FILTER_AVG;
      case PngFilter::paeth:
        return PNG_FILTER_PAETH;
      case PngFilter::fast:
        return PNG_FAST_FILTERS;
      case PngFilter::all:
        break;
    }
    return PNG_ALL_FILTERS;
  }

  static void write(png_structp png, png_bytep bytes, std::size_t count) {
    auto* self = static_cast<Writer*>(png_get_io_ptr(png));
    if (self->out_.append(bytes, count)) return;
    self->outOfMemory_ = true;
    png_error(png, "out of memory");
  }
  static void flush(png_structp) {}

  void destroy() noexcept { png_destroy_write_struct(&png_, &info_); }

  MallocBuffer out_;
  Failure failure_;
  png_structp png_;
  png_infop info_ = nullptr;
  bool outOfMemory_ = false;
};

}  // namespace

SharedBytes encodePng(const cv::Mat& image, const EncodeOptions& options) {
  // Photographs come to about two thirds of their pixels at OpenCV's default level. Reserving that much means that most
  // images never grow; what is not used is given back at the end.
  const std::size_t pixels = image.total() * image.elemSize();
  Writer writer(pixels / 3 * 2 + 4096);
  if (!writer.encode(image, options)) {
    if (writer.outOfMemory()) throw std::bad_alloc();
    throw Error(ErrorCode::cannotEncode, "Expected libpng to encode a matrix of " + std::to_string(image.cols) + " x " +
                                             std::to_string(image.rows) + " but it says '" + writer.error() + "'");
  }
  return std::move(writer).release();
}

cv::Mat decodePng(std::span<const std::byte> body, const DecodeOptions& options) {
  const Dimensions header = readDimensions(body);
  const auto check = [&](bool transparency) {
    const int type = decodedType(fileType(header, transparency), options.mode);
    checkLimits(header.height, header.width, type, options.limits, "PNG", rowBufferBytes(header));
    return type;
  };
  static_cast<void>(check(false));
  checkPossible(header, body.size());
  checkChunks(body);

  Reader reader(body);
  const bool toGray = options.mode == DecodeMode::grayscale || header.colorType == PNG_COLOR_TYPE_GRAY;
  if (!reader.readInfo(toGray)) damaged(reader.error());
  const int type = check(reader.hasTransparency());
  cv::Mat image(static_cast<int>(header.height), static_cast<int>(header.width), type);
  if (!reader.readPixels(header, image.data, image.step[0], static_cast<std::size_t>(image.cols) * image.elemSize(),
                         type)) {
    damaged(reader.error());
  }
  image = reduced(std::move(image), options.reduce);
  if (wantsOrientation(options)) applyOrientation(image, reader.orientation());
  return image;
}

}  // namespace matmq::codec
