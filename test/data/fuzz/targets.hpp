// What is fuzzed: one function for each way in which octets of the network reach our code.
//
// Rules
// 1. A target takes any octets. It catches Error where MatMQ may throw one; whatever else leaves it is a finding, and
//    so is a promise that does not hold (`expect`).
// 2. It keeps no state from one call to the next and starts no thread: an input alone reproduces what it found.
// 3. fuzz_main.cpp runs one of them under libFuzzer; replay.test.cpp runs the seeds and what was found through all of
//    them, in the core's tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

using Input = std::span<const std::byte>;

struct Target {
  std::string_view name;  ///< also the name of its folders below seeds/ and regressions/
  void (*run)(Input input);
};

[[nodiscard]] const std::vector<Target>& targets();

/// A promise that did not hold.
class Finding : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void expect(bool holds, const char* promise) {
  if (!holds) throw Finding(promise);
}

/// Takes the front off an input. What is not there reads as zeros.
class Reader {
 public:
  explicit Reader(Input input) noexcept : rest_(input) {}

  [[nodiscard]] unsigned u8() noexcept {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  [[nodiscard]] unsigned u16() noexcept {
    const unsigned high = u8();
    return high << 8 | u8();
  }
  [[nodiscard]] Input take(std::size_t size) noexcept {
    const Input taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] Input rest() const noexcept { return rest_; }

 private:
  Input rest_;
};

// images.cpp. The first octet chooses the options, the rest is the body.
void decodePng(Input input);
void decodeJpeg(Input input);
void decodeWebp(Input input);
void decodeBmp(Input input);
void decodeTiff(Input input);
void decodePnm(Input input);
/// An EXIF block.
void readOrientation(Input input);

// message.cpp
/// Options, the size of the content header (two octets), the payload of the content header, the body.
void decodeMessage(Input input);

// methods.cpp
/// The payload of a method frame.
void decodeMethod(Input input);
/// The payload of a content header frame.
void decodeProperties(Input input);
/// A field table.
void decodeTable(Input input);

// segments.cpp
/// What comes to the one who puts segments together: honest segments and others, from several senders.
void reassemble(Input input);

// senders.cpp
/// What several senders do, one of them hostile, and what the program does about each message it gets.
void consumeFromSenders(Input input);

// connection.cpp
/// What a broker sends, in reads of any size: the first octet chooses the size of the reads, whether a producer or a
/// consumer listens, and whether the octets come after a login that went well.
void readFrames(Input input);

}  // namespace fuzz
