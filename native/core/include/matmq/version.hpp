// Versions of MatMQ and of what it was built with.
#pragma once

#include <map>
#include <string>

namespace matmq {

/// MatMQ's own version, such as "0.1.0".
[[nodiscard]] const char* version() noexcept;

/// Name and version of each library at work: matmq, rabbitmq-c, opencv, libjpeg-turbo, libpng, libwebp.
[[nodiscard]] std::map<std::string, std::string> libraryVersions();

}  // namespace matmq
