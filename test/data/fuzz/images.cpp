#include "images.hpp"

#include <zlib.h>

#include <chrono>
#include <ctime>
#include <matmq/image.hpp>

#include "image/orientation.hpp"

namespace fuzz {
namespace {

/// What the decode of at most 64 kB may take, in processor time. Sanitizers make it about five times as long.
constexpr std::chrono::milliseconds budget{1000};

std::chrono::nanoseconds processorTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void decodeAs(matmq::ImageFormat format, matmq::DecodeOptions options, Input body) {
  if (matmq::formatOfMagic(body) != format) return;
  options.formats = matmq::ImageFormats{format};
  const auto start = processorTime();
  try {
    checkImage(matmq::decodeImage(body, options), options);
  } catch (const matmq::Error& error) {
    expect(isRefusal(error), "a body is refused as CANNOT_DECODE or LIMIT_EXCEEDED");
  }
  expect(processorTime() - start <= budget, "a body of 64 kB takes at most a second");
}

void decodeAs(matmq::ImageFormat format, Input input) {
  Reader reader(input);
  const matmq::DecodeOptions options = decodeOptions(reader.u8());
  decodeAs(format, options, reader.rest());
}

std::uint32_t bigEndian(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// The PNG with checksums that are right: libFuzzer would hardly ever meet one, and everything behind it stays unseen.
std::vector<std::uint8_t> withRightChecksums(Input body) {
  constexpr std::size_t signature = 8;
  constexpr std::size_t around = 12;  // length, name and checksum of a chunk
  const auto* data = reinterpret_cast<const std::uint8_t*>(body.data());
  std::vector<std::uint8_t> png(data, data + body.size());
  for (std::size_t at = signature; at < png.size() && png.size() - at >= around;) {
    const std::span chunk = std::span(png).subspan(at);
    const std::size_t length = bigEndian(chunk);
    if (length > chunk.size() - around) break;
    const auto sum = static_cast<std::uint32_t>(crc32(0, chunk.data() + 4, static_cast<uInt>(length + 4)));
    for (unsigned i = 0; i < 4; ++i) chunk[length + 8 + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    at += length + around;
  }
  return png;
}

}  // namespace

void decodePng(Input input) {
  Reader reader(input);
  const unsigned choice = reader.u8();
  constexpr unsigned rightChecksums = 0x40;
  if ((choice & rightChecksums) == 0) return decodeAs(matmq::ImageFormat::png, decodeOptions(choice), reader.rest());
  const std::vector<std::uint8_t> png = withRightChecksums(reader.rest());
  decodeAs(matmq::ImageFormat::png, decodeOptions(choice), std::as_bytes(std::span(png)));
}

void decodeJpeg(Input input) { decodeAs(matmq::ImageFormat::jpeg, input); }
void decodeWebp(Input input) { decodeAs(matmq::ImageFormat::webp, input); }
void decodeBmp(Input input) { decodeAs(matmq::ImageFormat::bmp, input); }
void decodeTiff(Input input) { decodeAs(matmq::ImageFormat::tiff, input); }
void decodePnm(Input input) { decodeAs(matmq::ImageFormat::pnm, input); }

void readOrientation(Input input) {
  const int orientation = matmq::codec::exifOrientation(input);
  expect(orientation >= 0 && orientation <= 0xFFFF, "an orientation is 16 bits");
  cv::Mat image(2, 3, CV_8UC3, cv::Scalar(1, 2, 3));
  matmq::codec::applyOrientation(image, orientation);
  expect(image.total() == 6, "turning an image keeps its pixels");
}

}  // namespace fuzz
