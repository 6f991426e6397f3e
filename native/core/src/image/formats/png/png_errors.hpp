// libpng's errors, which are longjmps.
//
// Rules
// 1. setjmp stands only in `noexcept` members, which have no locals with destructors and call nothing that throws.
//    What owns memory lives in the object, outside the jump.
// 2. Callbacks that libpng calls have no such locals either, and report failure with png_error.
#pragma once

#include <png.h>

#include <array>

namespace matmq::codec {

/// The message of the error that made libpng stop.
struct PngFailure {
  std::array<char, 160> text{};
};

/// Handlers for png_create_read_struct and png_create_write_struct, whose error pointer is a PngFailure.
[[noreturn]] void onPngError(png_structp png, png_const_charp message);
void onPngWarning(png_structp png, png_const_charp message);

}  // namespace matmq::codec
