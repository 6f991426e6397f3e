#include <algorithm>
#include <matmq/bytes.hpp>

namespace matmq {

SharedBytes copyBytes(std::span<const std::byte> bytes) {
  auto copy = std::make_shared_for_overwrite<std::byte[]>(bytes.size());  // overwritten on the next line: no zeroing
  std::ranges::copy(bytes, copy.get());
  const std::span<const std::byte> view{copy.get(), bytes.size()};
  return {std::move(copy), view};
}

SharedBytes copyBytes(std::string_view text) { return copyBytes(std::as_bytes(std::span{text})); }

}  // namespace matmq
