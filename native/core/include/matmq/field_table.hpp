// Tables of named, typed values: the headers of messages, the arguments of declarations. How a broker writes them is
// its driver's matter (docs/wire-format.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace matmq {

struct FieldValue;
/// Names are at most 255 bytes.
using FieldTable = std::map<std::string, FieldValue, std::less<>>;
using FieldArray = std::vector<FieldValue>;

/// Seconds since 1970.
struct Timestamp {
  std::uint64_t seconds = 0;
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};
/// A byte array, kept apart from text.
struct ByteString {
  std::string bytes;
  friend bool operator==(const ByteString&, const ByteString&) = default;
};

/// One value. Integers of all widths are int64 (unsigned ones above its range: double), decimals double.
struct FieldValue {
  using Variant = std::variant<std::monostate, bool, std::int64_t, double, std::string, ByteString, Timestamp,
                               FieldArray, FieldTable>;
  Variant value;

  FieldValue() = default;
  template <typename T>
  requires std::constructible_from<Variant, T> FieldValue(T&& v)
      : value(std::forward<T>(v)) {}  // NOLINT(google-explicit-constructor): a value is what it holds
  friend bool operator==(const FieldValue&, const FieldValue&) = default;
};

/// Tables nested deeper than this are refused, in both directions: whoever walks them does so by recursion.
inline constexpr int maxTableDepth = 32;

}  // namespace matmq
