#include "image/formats/webp/webp_container.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <matmq/error.hpp>
#include <string>
#include <string_view>

namespace matmq::codec {
namespace {

using std::string_view_literals::operator""sv;

[[noreturn]] void damaged(const char* found) {
  throw Error(ErrorCode::cannotDecode, std::string("Expected an animated WebP image with a frame but found ") + found +
                                           ": the body is damaged or truncated");
}

unsigned little24(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return std::to_integer<unsigned>(bytes[at]) | std::to_integer<unsigned>(bytes[at + 1]) << 8 |
         std::to_integer<unsigned>(bytes[at + 2]) << 16;
}

bool isNamed(std::span<const std::byte> chunk, std::string_view name) noexcept {
  return chunk.size() >= name.size() && std::memcmp(chunk.data(), name.data(), name.size()) == 0;
}

}  // namespace

// RIFF chunks are a name, a size of 32 bits, and that many bytes, padded to an even number.
WebpFrame firstWebpFrame(std::span<const std::byte> body) {
  constexpr std::size_t riffHeader = 12;
  constexpr std::size_t chunkHeader = 8;
  constexpr std::size_t canvas = 10;  // VP8X: flags, 3 reserved bytes, and the sides less one
  constexpr std::byte animation{2};
  if (body.size() < riffHeader + chunkHeader + canvas || !isNamed(body.subspan(riffHeader), "VP8X"sv) ||
      (body[riffHeader + chunkHeader] & animation) == std::byte{0}) {
    return {body};
  }
  const auto extended = body.subspan(riffHeader + chunkHeader);
  WebpFrame frame;
  frame.canvasWidth = static_cast<int>(little24(extended, 4)) + 1;
  frame.canvasHeight = static_cast<int>(little24(extended, 7)) + 1;
  bool announced = false;  // by the chunk ANIM
  for (std::size_t at = riffHeader; body.size() - at >= chunkHeader;) {
    const auto chunk = body.subspan(at);
    const std::size_t size = little24(chunk, 4) | std::to_integer<std::size_t>(chunk[7]) << 24;
    if (!isNamed(chunk, "ANMF"sv)) {
      const std::size_t whole = chunkHeader + size + size % 2;
      if (whole > chunk.size()) damaged("a chunk that is cut off");
      announced = announced || isNamed(chunk, "ANIM"sv);
      at += whole;
      continue;
    }
    if (!announced) damaged("one without the chunk ANIM before it");
    constexpr std::size_t frameHeader = 16;  // the place by halves, the sides less one, the duration, flags
    const auto rest = chunk.subspan(chunkHeader);
    if (size < frameHeader || rest.size() < frameHeader) damaged("a frame without its header");
    frame.left = 2 * static_cast<int>(little24(rest, 0));
    frame.top = 2 * static_cast<int>(little24(rest, 3));
    frame.width = static_cast<int>(little24(rest, 6)) + 1;
    frame.height = static_cast<int>(little24(rest, 9)) + 1;
    if (frame.left > frame.canvasWidth - frame.width || frame.top > frame.canvasHeight - frame.height)
      damaged("one that leaves its canvas");
    frame.bytes = rest.first(std::min(size, rest.size())).subspan(frameHeader);
    return frame;
  }
  damaged("none");
}

}  // namespace matmq::codec
