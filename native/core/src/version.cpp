#include <png.h>
#include <webp/encode.h>

#include <matmq/version.hpp>
#include <opencv2/core/utility.hpp>

#include "amqp/codec.hpp"

namespace matmq {
namespace {

#ifndef MATMQ_VERSION
#error "MATMQ_VERSION is set by the build, from package.json"
#endif

}  // namespace

const char* version() noexcept { return MATMQ_VERSION; }

std::map<std::string, std::string> libraryVersions() {
  const int webp = WebPGetEncoderVersion();
  return {
      {"matmq", version()},
      {"rabbitmq-c", amqp_version()},
      {"opencv", cv::getVersionString()},
      {"libpng", png_get_libpng_ver(nullptr)},
      {"libwebp",
       std::to_string(webp >> 16) + "." + std::to_string((webp >> 8) & 0xFF) + "." + std::to_string(webp & 0xFF)},
  };
}

}  // namespace matmq
