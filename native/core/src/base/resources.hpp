// What the system refuses for want of a resource, as an error that says which limit it was.
#pragma once

#include <matmq/error.hpp>
#include <string_view>
#include <system_error>

namespace matmq {

/// Whether a call failed because a limit of the process or the system is reached.
[[nodiscard]] bool isShortage(int errorNumber) noexcept;

/// OUT_OF_RESOURCES: what was needed ("a socket", "a thread that looks up names"), which limit is reached, its value
/// where the system tells it, and how to raise it.
[[nodiscard]] Error resourceError(std::string_view needed, const std::error_code& reason);

}  // namespace matmq
