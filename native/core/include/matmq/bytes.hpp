// Bytes and the owner that keeps them alive: what is sent, what was received, what an encoder made.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace matmq {

/// Read-only bytes, shared, never copied. The owner's deleter runs on whichever thread lets go last.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> view;

  [[nodiscard]] std::size_t size() const noexcept { return view.size(); }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(view.data()), view.size()};
  }
};

/// A copy of `bytes` that owns itself.
[[nodiscard]] SharedBytes copyBytes(std::span<const std::byte> bytes);
/// A copy of `text` that owns itself.
[[nodiscard]] SharedBytes copyBytes(std::string_view text);

/// A message body where it lies: `rows` runs of `rowBytes` bytes, `step` bytes apart. A region of interest of a matrix
/// is many rows; everything else is one. The writer gathers the rows; nobody packs them.
struct Payload {
  std::shared_ptr<const void> owner;
  const std::byte* data = nullptr;
  std::size_t rowBytes = 0;
  std::size_t rows = 1;
  std::size_t step = 0;

  [[nodiscard]] std::size_t size() const noexcept { return rowBytes * rows; }
};

/// One run.
[[nodiscard]] inline Payload contiguous(SharedBytes bytes) {
  return {std::move(bytes.owner), bytes.view.data(), bytes.view.size(), 1, bytes.view.size()};
}

}  // namespace matmq
