// Frames as the peer and the limit programs write them: methods octet by octet, bodies gathered from where they lie.
#pragma once

#include <sys/uio.h>

#include <amqp/wire/wire.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bench {

using Octets = std::vector<std::byte>;

/// Fields of a frame's payload, appended one after the other.
class Fields {
 public:
  Fields& u8(std::uint8_t v);
  Fields& u16(std::uint16_t v);
  Fields& u32(std::uint32_t v);
  Fields& u64(std::uint64_t v);
  Fields& shortText(std::string_view text);
  Fields& longText(std::string_view text);
  Fields& put(std::span<const std::byte> octets);
  [[nodiscard]] const Octets& octets() const noexcept { return octets_; }

 private:
  Octets octets_;
};

/// Class and method id as one number: basic.publish is methodId(60, 40).
constexpr std::uint32_t methodId(std::uint16_t classId, std::uint16_t method) noexcept {
  return (std::uint32_t{classId} << 16) | method;
}

Octets frame(std::uint8_t type, std::uint16_t channel, std::span<const std::byte> payload);
Octets methodFrame(std::uint16_t channel, std::uint32_t id, const Fields& arguments = {});

/// For sendmsg, which only reads.
iovec vectorOf(const Octets& octets) noexcept;

/// A message body that is sent again and again: its header frame and body frames, as a list for sendmsg.
class GatheredBody {
 public:
  GatheredBody(std::size_t size, std::uint16_t channel, std::uint32_t frameMax);
  GatheredBody(const GatheredBody&) = delete;
  GatheredBody& operator=(const GatheredBody&) = delete;

  void addTo(std::vector<iovec>& vectors) const;

 private:
  Octets body_;
  std::vector<iovec> chunks_;
  /// What stands before each chunk and after the last: end octets and frame headers.
  std::vector<Octets> joints_;
};

/// How many messages of `size` bytes go into one call of about `octets`: small ones share it.
std::size_t messagesPerCall(std::size_t size, std::size_t octets) noexcept;

}  // namespace bench
