#include <matmq/version.hpp>
#include <opencv2/core/utility.hpp>

#include "client/drivers.hpp"
#include "image/codecs.hpp"

namespace matmq {

#ifndef MATMQ_VERSION
#error "MATMQ_VERSION is set by the build, from package.json"
#endif

const char* version() noexcept { return MATMQ_VERSION; }

std::map<std::string, std::string> libraryVersions() {
  std::map<std::string, std::string> versions{{"matmq", version()}, {"opencv", cv::getVersionString()}};
  versions.merge(codec::codecLibraries());
  versions.merge(driverLibraries());
  return versions;
}

}  // namespace matmq
