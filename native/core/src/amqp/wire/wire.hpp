// The octets of AMQP 0-9-1 frames (section 4.2.3) that MatMQ reads and writes itself. Methods, properties and tables
// are rabbitmq-c's to encode and decode (codec.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace matmq::amqp {

inline constexpr std::uint8_t frameMethod = 1;
inline constexpr std::uint8_t frameHeader = 2;
inline constexpr std::uint8_t frameBody = 3;
inline constexpr std::uint8_t frameHeartbeat = 8;
inline constexpr std::byte frameEnd{0xCE};

/// Type, channel, payload size.
inline constexpr std::size_t frameHeaderSize = 7;
/// What a frame costs beyond its payload: its header and the end octet.
inline constexpr std::size_t frameOverhead = frameHeaderSize + 1;
/// The least a peer must accept (frame-min-size).
inline constexpr std::uint32_t frameMinSize = 4096;

/// "AMQP" 0 0 9 1: the first octets of a connection (section 4.2.2).
inline constexpr std::array protocolHeader{std::byte{'A'}, std::byte{'M'}, std::byte{'Q'}, std::byte{'P'},
                                           std::byte{0},   std::byte{0},   std::byte{9},   std::byte{1}};

/// The one channel MatMQ opens on each connection.
inline constexpr std::uint16_t theChannel = 1;

inline void putU16(std::byte* out, std::uint16_t v) noexcept {
  out[0] = static_cast<std::byte>(v >> 8);
  out[1] = static_cast<std::byte>(v & 0xFF);
}
inline void putU32(std::byte* out, std::uint32_t v) noexcept {
  putU16(out, static_cast<std::uint16_t>(v >> 16));
  putU16(out + 2, static_cast<std::uint16_t>(v & 0xFFFF));
}
inline void putU64(std::byte* out, std::uint64_t v) noexcept {
  putU32(out, static_cast<std::uint32_t>(v >> 32));
  putU32(out + 4, static_cast<std::uint32_t>(v & 0xFFFFFFFF));
}
[[nodiscard]] inline std::uint16_t getU16(const std::byte* in) noexcept {
  return static_cast<std::uint16_t>((std::to_integer<unsigned>(in[0]) << 8) | std::to_integer<unsigned>(in[1]));
}
[[nodiscard]] inline std::uint32_t getU32(const std::byte* in) noexcept {
  return (static_cast<std::uint32_t>(getU16(in)) << 16) | getU16(in + 2);
}
[[nodiscard]] inline std::uint64_t getU64(const std::byte* in) noexcept {
  return (static_cast<std::uint64_t>(getU32(in)) << 32) | getU32(in + 4);
}

inline void putFrameHeader(std::byte* out, std::uint8_t type, std::uint16_t channel, std::uint32_t size) noexcept {
  out[0] = std::byte{type};
  putU16(out + 1, channel);
  putU32(out + 3, size);
}

struct FrameHeader {
  std::uint8_t type = 0;
  std::uint16_t channel = 0;
  std::uint32_t size = 0;  ///< of the payload
};
[[nodiscard]] inline FrameHeader getFrameHeader(const std::byte* in) noexcept {
  return {std::to_integer<std::uint8_t>(in[0]), getU16(in + 1), getU32(in + 3)};
}

}  // namespace matmq::amqp
