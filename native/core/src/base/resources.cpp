#include "base/resources.hpp"

#include <sys/resource.h>

#include <cerrno>
#include <string>

namespace matmq {
namespace {

/// " of 1024", or nothing where there is no such limit.
std::string valueOf(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return {};
  return " of " + std::to_string(limit.rlim_cur);
}

std::string limitBehind(int errorNumber) {
  switch (errorNumber) {
    case EMFILE:
      return "the process has reached its limit" + valueOf(RLIMIT_NOFILE) +
             " open files (RLIMIT_NOFILE): close some, or raise it (ulimit -n; LimitNOFILE= of a systemd service)";
    case ENFILE:
      return "the system has reached its limit of open files: raise fs.file-max";
    case EAGAIN:  // of threads
      return "the limit" + valueOf(RLIMIT_NPROC) +
             " processes and threads of the user (RLIMIT_NPROC), or that of the container (pids.max), is reached: " +
             "raise it (ulimit -u; TasksMax= of a systemd service; --pids-limit of docker)";
    case ENOMEM:
    case ENOBUFS:
      return "the system has no memory for it: free some, or raise the limit of the container";
    default:
      return "the system says '" + std::generic_category().message(errorNumber) + "'";
  }
}

}  // namespace

bool isShortage(int errorNumber) noexcept {
  return errorNumber == EMFILE || errorNumber == ENFILE || errorNumber == ENOMEM || errorNumber == ENOBUFS;
}

Error resourceError(std::string_view needed, const std::error_code& reason) {
  return {ErrorCode::outOfResources, "Expected " + std::string(needed) + " but " + limitBehind(reason.value())};
}

}  // namespace matmq
