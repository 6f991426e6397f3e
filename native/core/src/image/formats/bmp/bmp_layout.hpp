// The layout of a BMP file: a file header, an info header, a palette if there is one, the rows.
#pragma once

#include <cstddef>

namespace matmq::codec {

inline constexpr std::size_t bmpFileHeader = 14;
/// The header of OS/2 1.x.
inline constexpr std::size_t bmpCoreHeader = 12;
/// The shortest info header that has all fields in use.
inline constexpr std::size_t bmpInfoHeader = 40;

}  // namespace matmq::codec
