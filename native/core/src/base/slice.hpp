// A part of a body where it lies: the octets [offset, offset + size) of its rows, counted as if they were packed.
#pragma once

#include <algorithm>
#include <matmq/bytes.hpp>

namespace matmq {

struct Slice {
  Payload payload;
  std::size_t offset = 0;
  std::size_t size = 0;

  Slice() = default;
  Slice(Payload whole)  // NOLINT(google-explicit-constructor): a body is its own largest part
      : payload(std::move(whole)), size(payload.size()) {
    joinRows();
  }
  Slice(Payload whole, std::size_t from, std::size_t length) : payload(std::move(whole)), offset(from), size(length) {
    joinRows();
  }

  /// Calls `visit(std::span<const std::byte>)` for each run of adjacent octets of [from, from + length), counted from
  /// the slice's own start, until it answers false.
  template <typename Visit>
  void forEachRun(std::size_t from, std::size_t length, Visit&& visit) const {
    for (std::size_t at = offset + from; length > 0;) {
      const std::size_t row = at / payload.rowBytes;
      const std::size_t column = at % payload.rowBytes;
      const std::size_t n = std::min(length, payload.rowBytes - column);
      if (!visit(std::span(payload.data + row * payload.step + column, n))) return;
      at += n;
      length -= n;
    }
  }

 private:
  // Rows that are adjacent are one row.
  void joinRows() {
    if (payload.step != payload.rowBytes && payload.rows != 1) return;
    payload.rowBytes = payload.step = payload.size();
    payload.rows = 1;
  }
};

}  // namespace matmq
