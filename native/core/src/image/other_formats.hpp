// Image formats that are not decoded, by name: for the error when one comes.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace matmq::codec {

/// "GIF", "HEIC", "AVIF", "SVG", ...; empty for what is none of them, or of a format that is decoded.
[[nodiscard]] std::string_view otherFormat(std::span<const std::byte> head) noexcept;

}  // namespace matmq::codec
