// Encodes JPEG through libjpeg, whose errors are longjmps. (TurboJPEG 2 has neither optimised Huffman tables nor
// restart intervals.)
//
// Rules
// 1. setjmp stands only in Writer::encode, which is `noexcept`, has no locals with destructors and calls nothing that
//    throws. What owns memory lives in the object, outside the jump.
// 2. Callbacks that libjpeg calls have no such locals either, and report failure by the jump.
#include <array>
#include <csetjmp>
#include <cstdio>
// jpeglib.h does not include what it needs.
#include <jpeglib.h>

#include <algorithm>
#include <new>

#include "image/codecs.hpp"
#include "image/format.hpp"
#include "image/malloc_buffer.hpp"

namespace matmq::codec {
namespace {

struct Factors {
  int horizontal;
  int vertical;
};

/// The sampling factors of luma; those of chroma are 1.
constexpr Factors factorsOf(ChromaSubsampling subsampling) noexcept {
  switch (subsampling) {
    case ChromaSubsampling::s444:
      return {1, 1};
    case ChromaSubsampling::s422:
      return {2, 1};
    case ChromaSubsampling::s420:
      return {2, 2};
    case ChromaSubsampling::s440:
      return {1, 2};
    case ChromaSubsampling::s411:
      break;
  }
  return {4, 1};
}

class Writer {
 public:
  explicit Writer(std::size_t capacity) : out_(capacity) {
    compress_.err = jpeg_std_error(&errors_);
    compress_.client_data = this;
    errors_.error_exit = onError;
    errors_.emit_message = [](j_common_ptr, int) {
    };  // libjpeg's own function writes to stderr, which belongs to the program
    destination_.init_destination = begin;
    destination_.empty_output_buffer = grow;
    destination_.term_destination = end;
  }
  ~Writer() { jpeg_destroy_compress(&compress_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Makes the same calls as OpenCV. False: see error().
  [[nodiscard]] bool encode(const cv::Mat& image, const EncodeOptions& options) noexcept {
    constexpr int defaultQuality = 95;  // cv::imencode's
    if (setjmp(jump_)) return false;
    jpeg_create_compress(&compress_);
    compress_.dest = &destination_;
    const bool gray = image.channels() == 1;
    compress_.image_width = static_cast<JDIMENSION>(image.cols);
    compress_.image_height = static_cast<JDIMENSION>(image.rows);
    compress_.input_components = gray ? 1 : 3;
    compress_.in_color_space = gray ? JCS_GRAYSCALE : JCS_EXT_BGR;
    jpeg_set_defaults(&compress_);
    compress_.restart_interval = static_cast<unsigned>(options.restartInterval.value_or(0));
    jpeg_set_quality(&compress_, options.quality.value_or(defaultQuality), TRUE);
    if (!gray && options.chromaSubsampling) {
      const Factors factors = factorsOf(*options.chromaSubsampling);
      compress_.comp_info[0].h_samp_factor = factors.horizontal;
      compress_.comp_info[0].v_samp_factor = factors.vertical;
    }
    if (options.progressive.value_or(false)) jpeg_simple_progression(&compress_);
    if (options.optimize.value_or(false)) compress_.optimize_coding = TRUE;
    jpeg_start_compress(&compress_, TRUE);
    writeRows(image);
    jpeg_finish_compress(&compress_);
    return true;
  }

  [[nodiscard]] const char* error() const noexcept { return message_.data(); }
  [[nodiscard]] bool outOfMemory() const noexcept { return outOfMemory_; }
  [[nodiscard]] SharedBytes release() && { return std::move(out_).release(size_); }

 private:
  void writeRows(const cv::Mat& image) noexcept {
    std::array<JSAMPROW, 16> rows{};  // the height of the largest MCU
    while (compress_.next_scanline < compress_.image_height) {
      const auto first = static_cast<int>(compress_.next_scanline);
      const int count = std::min(static_cast<int>(rows.size()), image.rows - first);
      for (int i = 0; i < count; ++i) {
        rows[static_cast<std::size_t>(i)] = image.data + static_cast<std::size_t>(first + i) * image.step[0];
      }
      jpeg_write_scanlines(&compress_, rows.data(), static_cast<JDIMENSION>(count));
    }
  }

  static Writer& of(j_compress_ptr compress) noexcept { return *static_cast<Writer*>(compress->client_data); }

  [[noreturn]] static void onError(j_common_ptr compress) {
    auto* self = static_cast<Writer*>(compress->client_data);
    compress->err->format_message(compress, self->message_.data());
    std::longjmp(self->jump_, 1);
  }

  void continueAt(std::size_t offset) noexcept {
    destination_.next_output_byte = reinterpret_cast<JOCTET*>(out_.data()) + offset;
    destination_.free_in_buffer = out_.capacity() - offset;
  }
  static void begin(j_compress_ptr compress) { of(compress).continueAt(0); }
  /// libjpeg calls this when the buffer is full to the last byte.
  static boolean grow(j_compress_ptr compress) {
    Writer& self = of(compress);
    const std::size_t full = self.out_.capacity();
    if (!self.out_.enlarge()) {
      self.outOfMemory_ = true;
      std::longjmp(self.jump_, 1);
    }
    self.continueAt(full);
    return TRUE;
  }
  static void end(j_compress_ptr compress) {
    Writer& self = of(compress);
    self.size_ = self.out_.capacity() - self.destination_.free_in_buffer;
  }

  MallocBuffer out_;
  std::size_t size_ = 0;
  bool outOfMemory_ = false;
  std::array<char, JMSG_LENGTH_MAX> message_{};
  std::jmp_buf jump_{};
  jpeg_error_mgr errors_{};
  jpeg_destination_mgr destination_{};
  jpeg_compress_struct compress_{};
};

}  // namespace

void checkJpegOptions(const EncodeOptions& options) {
  checkRange(options.restartInterval, 0, 65535, "JPEG restart interval");
  checkRange(options.quality, 0, 100, "JPEG quality");
}

SharedBytes encodeJpeg(const cv::Mat& image, const EncodeOptions& options) {
  // Enough for every image but noise, so that the buffer need not grow. Pages that are not written use no memory, and
  // release() frees the rest, so that a message in a queue uses no more than its size.
  constexpr std::size_t tables = 4096;
  Writer writer(image.total() * image.elemSize() + tables);
  if (!writer.encode(image, options)) {
    if (writer.outOfMemory()) throw std::bad_alloc();
    throw Error(ErrorCode::cannotEncode, "Expected libjpeg-turbo to encode a matrix of " + std::to_string(image.cols) +
                                             " x " + std::to_string(image.rows) + " but it says '" + writer.error() +
                                             "'");
  }
  return std::move(writer).release();
}

// libjpeg-turbo has no call that returns its version. The macro of its headers is a bare 2.1.5.
#define MATMQ_TEXT_OF(x) #x
#define MATMQ_TEXT(x) MATMQ_TEXT_OF(x)
CodecLibrary jpegLibrary() { return {"libjpeg-turbo", MATMQ_TEXT(LIBJPEG_TURBO_VERSION)}; }

}  // namespace matmq::codec
