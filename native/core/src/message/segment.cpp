#include "message/segment.hpp"

#include <algorithm>
#include <array>

namespace matmq {
namespace {

constexpr const char* indexHeader = "segment-index";
constexpr const char* countHeader = "segment-count";
constexpr const char* offsetHeader = "segment-offset";
constexpr const char* totalHeader = "segment-total";
constexpr const char* checksumHeader = "segment-crc32c";
constexpr std::array allHeaders{indexHeader, countHeader, offsetHeader, totalHeader, checksumHeader};

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::badSegments, what); }

std::optional<std::uint64_t> number(const FieldTable& headers, const char* name, std::int64_t max) {
  const auto at = headers.find(name);
  if (at == headers.end()) return std::nullopt;
  const auto* value = std::get_if<std::int64_t>(&at->second.value);
  if (value == nullptr || *value < 0 || *value > max) {
    bad(std::string("Expected the header ") + name + " to be an integer from 0 to " + std::to_string(max) +
        " but received " + (value == nullptr ? "another type" : std::to_string(*value)));
  }
  return static_cast<std::uint64_t>(*value);
}

std::uint64_t required(const FieldTable& headers, const char* name) {
  const auto value = number(headers, name, INT64_MAX);
  if (!value) bad(std::string("Expected a segment to have the header ") + name + " but it is missing");
  return *value;
}

std::string named(const Segment& segment) {
  return "segment " + std::to_string(segment.index) + " of " + std::to_string(segment.count);
}

// No sum or product here exceeds 64 bits: every header is below 2^63, and what is multiplied was divided before.
void check(const Segment& segment, std::uint64_t bodySize) {
  if (segment.count < 2 || segment.count > maxSegments) {
    bad("Expected a message of 2 to " + std::to_string(maxSegments) + " segments but segment-count is " +
        std::to_string(segment.count));
  }
  if (segment.index >= segment.count) {
    bad("Expected a segment-index below the segment-count " + std::to_string(segment.count) + " but received " +
        std::to_string(segment.index));
  }
  if (segment.total > INT64_MAX || segment.offset > segment.total || bodySize > segment.total - segment.offset) {
    bad("Expected " + named(segment) + " to lie within the message of " + std::to_string(segment.total) +
        " bytes but it has " + std::to_string(bodySize) + " bytes at offset " + std::to_string(segment.offset));
  }
  if (segment.last() != segment.checksum.has_value()) {
    bad("Expected the header segment-crc32c in the last segment and in no other but " + named(segment) +
        (segment.last() ? " has none" : " has it"));
  }
  const std::uint64_t size = segmentSize(segment, bodySize);
  // `size` octets in each segment but the last, and 1..size in that one. size * (count - 1) < total keeps it in 63
  // bits.
  const std::uint64_t before = segment.count - 1;
  const bool fits = size > 0 && size <= (segment.total - 1) / before && segment.total - size * before <= size &&
                    segment.offset == size * segment.index &&
                    bodySize == (segment.last() ? segment.total - segment.offset : size);
  if (!fits) {
    bad("Expected segments of equal size, the last one smaller or equal, that make up " +
        std::to_string(segment.total) + " bytes but " + named(segment) + " has " + std::to_string(bodySize) +
        " bytes at offset " + std::to_string(segment.offset));
  }
}

}  // namespace

std::uint64_t segmentSize(const Segment& segment, std::uint64_t bodySize) noexcept {
  return segment.last() ? segment.offset / (segment.count - 1) : bodySize;
}

std::optional<Segment> readSegment(const FieldTable& headers, std::uint64_t bodySize) {
  // One look-up for all messages that are none.
  const auto first = headers.lower_bound(std::string(segmentHeaderPrefix));
  if (first == headers.end() || !first->first.starts_with(segmentHeaderPrefix)) return std::nullopt;
  if (std::ranges::none_of(allHeaders, [&](const char* name) { return headers.contains(name); })) return std::nullopt;
  Segment segment;
  segment.index = required(headers, indexHeader);
  segment.count = required(headers, countHeader);
  segment.offset = required(headers, offsetHeader);
  segment.total = required(headers, totalHeader);
  if (const auto checksum = number(headers, checksumHeader, UINT32_MAX)) {
    segment.checksum = static_cast<std::uint32_t>(*checksum);
  }
  check(segment, bodySize);
  return segment;
}

void writeSegment(FieldTable& headers, const Segment& segment) {
  const auto set = [&headers](const char* name, std::uint64_t value) {
    headers.insert_or_assign(name, static_cast<std::int64_t>(value));
  };
  set(indexHeader, segment.index);
  set(countHeader, segment.count);
  set(offsetHeader, segment.offset);
  set(totalHeader, segment.total);
  if (segment.checksum) set(checksumHeader, *segment.checksum);
}

void eraseSegment(FieldTable& headers) {
  for (const char* name : allHeaders) headers.erase(name);
}

}  // namespace matmq
