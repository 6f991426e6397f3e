#include <array>
#include <cstddef>
#include <matmq/error.hpp>

namespace matmq {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  ErrorKind kind;
};

// In the order of the enumerators, so that a code is its own index; `inOrder` below holds the two together.
constexpr std::array rows{
    Row{ErrorCode::invalidUrl, "INVALID_URL", ErrorKind::connection},
    Row{ErrorCode::hostNotFound, "HOST_NOT_FOUND", ErrorKind::connection},
    Row{ErrorCode::connectFailed, "CONNECT_FAILED", ErrorKind::connection},
    Row{ErrorCode::connectTimeout, "CONNECT_TIMEOUT", ErrorKind::connection},
    Row{ErrorCode::authenticationFailed, "AUTHENTICATION_FAILED", ErrorKind::connection},
    Row{ErrorCode::vhostRefused, "VHOST_REFUSED", ErrorKind::connection},
    Row{ErrorCode::connectionLost, "CONNECTION_LOST", ErrorKind::connection},
    Row{ErrorCode::heartbeatTimeout, "HEARTBEAT_TIMEOUT", ErrorKind::connection},
    Row{ErrorCode::confirmTimeout, "CONFIRM_TIMEOUT", ErrorKind::connection},
    Row{ErrorCode::allRefused, "ALL_REFUSED", ErrorKind::connection},
    Row{ErrorCode::connectionClosed, "CONNECTION_CLOSED", ErrorKind::connection},
    Row{ErrorCode::protocolError, "PROTOCOL_ERROR", ErrorKind::connection},
    Row{ErrorCode::tlsUnavailable, "TLS_UNAVAILABLE", ErrorKind::connection},
    Row{ErrorCode::invalidTlsOption, "INVALID_TLS_OPTION", ErrorKind::connection},
    Row{ErrorCode::tlsFailed, "TLS_FAILED", ErrorKind::connection},
    Row{ErrorCode::certificateRefused, "CERTIFICATE_REFUSED", ErrorKind::connection},
    Row{ErrorCode::channelClosed, "CHANNEL_CLOSED", ErrorKind::channel},
    Row{ErrorCode::accessRefused, "ACCESS_REFUSED", ErrorKind::channel},
    Row{ErrorCode::notFound, "NOT_FOUND", ErrorKind::channel},
    Row{ErrorCode::resourceLocked, "RESOURCE_LOCKED", ErrorKind::channel},
    Row{ErrorCode::preconditionFailed, "PRECONDITION_FAILED", ErrorKind::channel},
    Row{ErrorCode::consumerCancelled, "CONSUMER_CANCELLED", ErrorKind::channel},
    Row{ErrorCode::nacked, "NACKED", ErrorKind::publish},
    Row{ErrorCode::unroutable, "UNROUTABLE", ErrorKind::publish},
    Row{ErrorCode::tooLarge, "TOO_LARGE", ErrorKind::publish},
    Row{ErrorCode::queueFull, "QUEUE_FULL", ErrorKind::publish},
    Row{ErrorCode::dropped, "DROPPED", ErrorKind::publish},
    Row{ErrorCode::notConfirmed, "NOT_CONFIRMED", ErrorKind::publish},
    Row{ErrorCode::publishFailed, "PUBLISH_FAILED", ErrorKind::publish},
    Row{ErrorCode::unknownFormat, "UNKNOWN_FORMAT", ErrorKind::image},
    Row{ErrorCode::cannotEncode, "CANNOT_ENCODE", ErrorKind::image},
    Row{ErrorCode::cannotDecode, "CANNOT_DECODE", ErrorKind::image},
    Row{ErrorCode::notAnImage, "NOT_AN_IMAGE", ErrorKind::image},
    Row{ErrorCode::limitExceeded, "LIMIT_EXCEEDED", ErrorKind::image},
    Row{ErrorCode::codecMissing, "CODEC_MISSING", ErrorKind::image},
    Row{ErrorCode::invalidMatrix, "INVALID_MATRIX", ErrorKind::image},
    Row{ErrorCode::cancelled, "CANCELLED", ErrorKind::image},
    Row{ErrorCode::cannotReadFile, "CANNOT_READ_FILE", ErrorKind::image},
    Row{ErrorCode::cannotWriteFile, "CANNOT_WRITE_FILE", ErrorKind::image},
    Row{ErrorCode::malformedProperties, "MALFORMED_PROPERTIES", ErrorKind::message},
    Row{ErrorCode::badSegments, "BAD_SEGMENTS", ErrorKind::message},
    Row{ErrorCode::incompleteMessage, "INCOMPLETE_MESSAGE", ErrorKind::message},
    Row{ErrorCode::endOfTransmission, "END_OF_TRANSMISSION", ErrorKind::endOfTransmission},
    Row{ErrorCode::closed, "CLOSED", ErrorKind::closed},
    Row{ErrorCode::timeout, "TIMEOUT", ErrorKind::timeout},
    Row{ErrorCode::invalidArgument, "INVALID_ARGUMENT", ErrorKind::argument},
    Row{ErrorCode::outOfResources, "OUT_OF_RESOURCES", ErrorKind::internal},
    Row{ErrorCode::internalError, "INTERNAL_ERROR", ErrorKind::internal},
};

constexpr bool inOrder() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].code) != i) return false;
  }
  return true;
}
static_assert(inOrder() && rows.back().code == ErrorCode::internalError, "a row for every ErrorCode, in its order");

constexpr const Row& rowOf(ErrorCode code) noexcept { return rows[static_cast<std::size_t>(code)]; }

}  // namespace

std::span<const ErrorCode> allErrorCodes() noexcept {
  static constexpr auto codes = [] {
    std::array<ErrorCode, rows.size()> all{};
    for (std::size_t i = 0; i < rows.size(); ++i) all[i] = rows[i].code;
    return all;
  }();
  return codes;
}

std::string_view errorCodeName(ErrorCode code) noexcept { return rowOf(code).name; }
ErrorKind errorKind(ErrorCode code) noexcept { return rowOf(code).kind; }

}  // namespace matmq
