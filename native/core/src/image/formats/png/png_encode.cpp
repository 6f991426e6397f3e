// PNG through libpng, with the parameters of OpenCV.
#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <new>

#include "image/codecs.hpp"
#include "image/format.hpp"
#include "image/formats/png/png_errors.hpp"
#include "image/malloc_buffer.hpp"

namespace matmq::codec {
namespace {

static_assert(static_cast<int>(PngStrategy::standard) == Z_DEFAULT_STRATEGY &&
              static_cast<int>(PngStrategy::fixed) == Z_FIXED);

class Writer {
 public:
  explicit Writer(std::size_t capacity)
      : out_(capacity), png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure_, onPngError, onPngWarning)) {
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
  PngFailure failure_;
  png_structp png_;
  png_infop info_ = nullptr;
  bool outOfMemory_ = false;
};

}  // namespace

void checkPngOptions(const EncodeOptions& options) { checkRange(options.compression, 0, 9, "PNG compression"); }

SharedBytes encodePng(const cv::Mat& image, const EncodeOptions& options) {
  // Photographs are compressed to about two thirds of their pixels at OpenCV's default level. With that much, the
  // buffer of most images need not grow; release() frees the rest.
  const std::size_t pixels = image.total() * image.elemSize();
  Writer writer(pixels / 3 * 2 + 4096);
  if (!writer.encode(image, options)) {
    if (writer.outOfMemory()) throw std::bad_alloc();
    throw Error(ErrorCode::cannotEncode, "Expected libpng to encode a matrix of " + std::to_string(image.cols) + " x " +
                                             std::to_string(image.rows) + " but it says '" + writer.error() + "'");
  }
  return std::move(writer).release();
}

CodecLibrary pngLibrary() { return {"libpng", png_get_libpng_ver(nullptr)}; }

}  // namespace matmq::codec
