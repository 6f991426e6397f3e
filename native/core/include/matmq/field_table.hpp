// AMQP field tables (AMQP 0-9-1, 4.2.5.5) as values: message headers and queue arguments.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace matmq {

struct FieldValue;
/// Names are at most 255 bytes (shortstr).
using FieldTable = std::map<std::string, FieldValue, std::less<>>;
using FieldArray = std::vector<FieldValue>;

/// Seconds since 1970 (AMQP timestamp).
struct Timestamp {
  std::uint64_t seconds = 0;
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};
/// A byte array ('x'), kept apart from text ('S').
struct ByteString {
  std::string bytes;
  friend bool operator==(const ByteString&, const ByteString&) = default;
};

/// One value. All AMQP integer widths are read as int64 (64-bit unsigned above its range: as double); integers are
/// written as 'l' (int64), floats as 'd'. Decimals are read as double.
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

/// Tables nested deeper than this are refused, in both directions: rabbitmq-c 0.11 decodes them by recursion.
inline constexpr int maxTableDepth = 32;

}  // namespace matmq
