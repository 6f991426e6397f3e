#include "frames.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace bench {

using namespace matmq::amqp;

Fields& Fields::u8(std::uint8_t v) {
  octets_.push_back(std::byte{v});
  return *this;
}

Fields& Fields::u16(std::uint16_t v) {
  std::array<std::byte, 2> octets{};
  putU16(octets.data(), v);
  return put(octets);
}

Fields& Fields::u32(std::uint32_t v) {
  std::array<std::byte, 4> octets{};
  putU32(octets.data(), v);
  return put(octets);
}

Fields& Fields::u64(std::uint64_t v) {
  std::array<std::byte, 8> octets{};
  putU64(octets.data(), v);
  return put(octets);
}

Fields& Fields::shortText(std::string_view text) {
  return u8(static_cast<std::uint8_t>(text.size())).put(std::as_bytes(std::span(text)));
}

Fields& Fields::longText(std::string_view text) {
  return u32(static_cast<std::uint32_t>(text.size())).put(std::as_bytes(std::span(text)));
}

// One by one: GCC 12 sees overflows in the insertion of a range where there are none (its bug 105329).
Fields& Fields::put(std::span<const std::byte> octets) {
  for (const std::byte octet : octets) octets_.push_back(octet);
  return *this;
}

Octets frame(std::uint8_t type, std::uint16_t channel, std::span<const std::byte> payload) {
  Octets result(payload.size() + frameOverhead, frameEnd);
  putFrameHeader(result.data(), type, channel, static_cast<std::uint32_t>(payload.size()));
  std::ranges::copy(payload, result.begin() + frameHeaderSize);
  return result;
}

Octets methodFrame(std::uint16_t channel, std::uint32_t id, const Fields& arguments) {
  Fields payload;
  payload.u32(id).put(arguments.octets());
  return frame(frameMethod, channel, payload.octets());
}

iovec vectorOf(const Octets& octets) noexcept { return {const_cast<std::byte*>(octets.data()), octets.size()}; }

GatheredBody::GatheredBody(std::size_t size, std::uint16_t channel, std::uint32_t frameMax) : body_(size) {
  for (std::size_t i = 0; i < size; ++i) body_[i] = static_cast<std::byte>(i * 31 & 0xFF);
  Fields header;
  header.u16(60).u16(0).u64(size).u16(0);
  Octets joint = frame(frameHeader, channel, header.octets());
  const std::size_t chunk = frameMax - frameOverhead;
  for (std::size_t at = 0; at < size; at += chunk) {
    const std::size_t length = std::min(chunk, size - at);
    joint.resize(joint.size() + frameHeaderSize);
    putFrameHeader(joint.data() + joint.size() - frameHeaderSize, frameBody, channel,
                   static_cast<std::uint32_t>(length));
    joints_.push_back(std::exchange(joint, Octets{frameEnd}));
    chunks_.push_back({body_.data() + at, length});
  }
  joints_.push_back(std::move(joint));
}

void GatheredBody::addTo(std::vector<iovec>& vectors) const {
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    vectors.push_back(vectorOf(joints_[i]));
    vectors.push_back(chunks_[i]);
  }
  vectors.push_back(vectorOf(joints_.back()));
}

std::size_t messagesPerCall(std::size_t size, std::size_t octets) noexcept {
  return std::max<std::size_t>(1, octets / (size + 1));
}

}  // namespace bench
