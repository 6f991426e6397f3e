#include "image/formats/png/png_errors.hpp"

#include <cstdio>

namespace matmq::codec {

void onPngError(png_structp png, png_const_charp message) {
  auto* failure = static_cast<PngFailure*>(png_get_error_ptr(png));
  std::snprintf(failure->text.data(), failure->text.size(), "%s", message);
  png_longjmp(png, 1);
}

// libpng's own handler writes to stderr, which belongs to the program.
void onPngWarning(png_structp, png_const_charp) {}

}  // namespace matmq::codec
