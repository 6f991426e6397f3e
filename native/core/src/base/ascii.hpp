// Letters of names on the wire and in URLs. Not std::tolower: they do not depend on the locale of a program.
#pragma once

namespace matmq {

[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace matmq
