#include <cstdio>
// jpeglib.h does not include what it needs.
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include <matmq/version.hpp>
#include <opencv2/core/utility.hpp>

#include "client/drivers.hpp"

namespace matmq {
namespace {

#ifndef MATMQ_VERSION
#error "MATMQ_VERSION is set by the build, from package.json"
#endif

}  // namespace

// The macro is a bare 2.1.5.
#define MATMQ_TEXT_OF(x) #x
#define MATMQ_TEXT(x) MATMQ_TEXT_OF(x)

const char* version() noexcept { return MATMQ_VERSION; }

std::map<std::string, std::string> libraryVersions() {
  const int webp = WebPGetEncoderVersion();
  std::map<std::string, std::string> versions{
      {"matmq", version()},
      {"opencv", cv::getVersionString()},
      {"libjpeg-turbo", MATMQ_TEXT(LIBJPEG_TURBO_VERSION)},  // of its headers: it has no call that says its version
      {"libpng", png_get_libpng_ver(nullptr)},
      {"libwebp",
       std::to_string(webp >> 16) + "." + std::to_string((webp >> 8) & 0xFF) + "." + std::to_string(webp & 0xFF)},
  };
  versions.merge(driverLibraries());
  return versions;
}

}  // namespace matmq
