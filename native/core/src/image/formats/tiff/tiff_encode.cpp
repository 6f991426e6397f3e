// Writes the files of cv::imencode of OpenCV 4.6: strips of about 8 KiB; LZW with horizontal differences for integers,
// no compression for floating-point numbers. One exception: OpenCV 4.6 stores CV_32FC3 as LogLuv, with a loss, by
// default; here it is stored as it is, like the others.
#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include "image/codecs.hpp"
#include "image/formats/tiff/tiff_library.hpp"
#include "image/malloc_buffer.hpp"

namespace matmq::codec {
namespace {

/// The growing file. libtiff seeks back to its beginning once, to write the offset of the directory.
struct Sink {
  MallocBuffer buffer;
  std::size_t size = 0;
  std::uint64_t position = 0;
  bool noMemory = false;
};

Sink& sinkOf(thandle_t self) noexcept { return *static_cast<Sink*>(self); }

tmsize_t readNothing(thandle_t, void*, tmsize_t) noexcept { return 0; }

tmsize_t writeSink(thandle_t self, void* bytes, tmsize_t count) noexcept {
  Sink& sink = sinkOf(self);
  if (count <= 0) return 0;
  const std::uint64_t end = sink.position + static_cast<std::uint64_t>(count);
  while (sink.buffer.capacity() < end) {
    if (sink.buffer.enlarge()) continue;
    sink.noMemory = true;
    return -1;
  }
  if (sink.position > sink.size) std::memset(sink.buffer.data() + sink.size, 0, sink.position - sink.size);
  std::memcpy(sink.buffer.data() + sink.position, bytes, static_cast<std::size_t>(count));
  sink.position = end;
  sink.size = std::max(sink.size, static_cast<std::size_t>(end));
  return count;
}

toff_t seekSink(thandle_t self, toff_t offset, int whence) noexcept {
  Sink& sink = sinkOf(self);
  if (whence == SEEK_SET) sink.position = offset;
  if (whence == SEEK_CUR) sink.position += offset;
  if (whence == SEEK_END) sink.position = sink.size + offset;
  return sink.position;
}

toff_t sizeOfSink(thandle_t self) noexcept { return sinkOf(self).size; }
int mapNothing(thandle_t, void**, toff_t*) noexcept { return 0; }

template <typename Sample>
void swapInto(const std::uint8_t* in, std::uint8_t* out, int cols, int channels) noexcept {
  const auto pixelBytes = static_cast<std::size_t>(channels) * sizeof(Sample);
  for (int x = 0; x < cols; ++x, in += pixelBytes, out += pixelBytes) {
    std::memcpy(out, in, pixelBytes);
    std::memcpy(out, in + 2 * sizeof(Sample), sizeof(Sample));
    std::memcpy(out + 2 * sizeof(Sample), in, sizeof(Sample));
  }
}

/// Copies one row to the order of TIFF, RGB. libtiff replaces the values of its argument by their differences.
void rowInto(const cv::Mat& image, int y, std::uint8_t* out) noexcept {
  const std::uint8_t* in = image.ptr(y);
  if (image.channels() == 1) {
    std::memcpy(out, in, static_cast<std::size_t>(image.cols) * image.elemSize());
  } else if (image.elemSize1() == 1) {
    swapInto<std::uint8_t>(in, out, image.cols, image.channels());
  } else if (image.elemSize1() == 2) {
    swapInto<std::uint16_t>(in, out, image.cols, image.channels());
  } else if (image.elemSize1() == 4) {
    swapInto<float>(in, out, image.cols, image.channels());
  } else {
    swapInto<double>(in, out, image.cols, image.channels());
  }
}

}  // namespace

SharedBytes encodeTiff(const cv::Mat& image, const EncodeOptions&) {
  constexpr std::size_t stripBytes = 8192;
  const std::size_t rowBytes = static_cast<std::size_t>(image.cols) * image.elemSize();
  const bool floatingPoint = image.depth() == CV_32F || image.depth() == CV_64F;
  Sink sink{MallocBuffer(rowBytes * static_cast<std::size_t>(image.rows) / (floatingPoint ? 1 : 2) + stripBytes)};
  TiffMessages messages;
  const auto failed = [&]() -> Error {
    if (sink.noMemory) throw std::bad_alloc();
    return {ErrorCode::cannotEncode, "Expected libtiff to write a TIFF image of " + typeName(image.type()) + " but " +
                                         messages.text() + ": send it as 'raw'"};
  };
  const LibTiff& lib = libtiff();
  {
    const TiffHandle handle = openTiff("w", {&sink, readNothing, writeSink, seekSink, sizeOfSink, mapNothing},
                                       std::numeric_limits<std::size_t>::max(), messages);
    if (!handle) throw failed();
    const auto set = [&](std::uint32_t tag, auto value) {
      if (lib.setField(handle.get(), tag, value) == 0) throw failed();
    };
    const auto rows = static_cast<std::size_t>(image.rows);
    set(TIFFTAG_IMAGEWIDTH, image.cols);
    set(TIFFTAG_IMAGELENGTH, image.rows);
    set(TIFFTAG_BITSPERSAMPLE, static_cast<int>(image.elemSize1() * 8));
    set(TIFFTAG_COMPRESSION, floatingPoint ? COMPRESSION_NONE : COMPRESSION_LZW);
    set(TIFFTAG_PHOTOMETRIC, image.channels() == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
    set(TIFFTAG_SAMPLESPERPIXEL, image.channels());
    // Of no stated meaning: as "alpha that is not multiplied in" OpenCV would multiply it when it reads the file.
    const std::uint16_t unspecified = EXTRASAMPLE_UNSPECIFIED;
    if (image.channels() == 4 && lib.setField(handle.get(), TIFFTAG_EXTRASAMPLES, 1, &unspecified) == 0) throw failed();
    set(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    set(TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(std::clamp(stripBytes / rowBytes, std::size_t{1}, rows)));
    set(TIFFTAG_SAMPLEFORMAT, floatingPoint ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    if (!floatingPoint) set(TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    std::vector<std::uint8_t> row(rowBytes);
    for (int y = 0; y < image.rows; ++y) {
      rowInto(image, y, row.data());
      if (lib.writeScanline(handle.get(), row.data(), static_cast<std::uint32_t>(y), 0) != 1) throw failed();
    }
    if (lib.writeDirectory(handle.get()) != 1) throw failed();
  }
  return std::move(sink.buffer).release(sink.size);
}

}  // namespace matmq::codec
