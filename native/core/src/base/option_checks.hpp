// The errors of options: which one, what was expected, what was found.
#pragma once

#include <matmq/error.hpp>
#include <string>

namespace matmq {

/// @throws Error INVALID_ARGUMENT
[[noreturn]] inline void refuseOption(const std::string& option, const std::string& expected,
                                      const std::string& received) {
  throw Error(ErrorCode::invalidArgument, "Expected " + expected + " for " + option + " but received " + received);
}

/// Names are at most 255 bytes. @throws Error INVALID_ARGUMENT
inline void checkName(const std::string& option, const std::string& value) {
  if (value.size() > 255) refuseOption(option, "at most 255 bytes", std::to_string(value.size()));
}

/// And not empty. @throws Error INVALID_ARGUMENT
inline void checkNameGiven(const std::string& option, const std::string& value) {
  if (value.empty()) refuseOption(option, "a name", "an empty string");
  checkName(option, value);
}

}  // namespace matmq
