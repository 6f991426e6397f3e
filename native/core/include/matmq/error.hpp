// Typed errors. Every failure a program can meet is an Error with a kind (which class of error it is in
// TypeScript) and a code (a stable, upper-case string). The table of both is error.cpp and nowhere else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace matmq {

/// Which family an error belongs to; the TypeScript layer has one class for each.
enum class ErrorKind : std::uint8_t {
  connection,
  channel,
  publish,
  image,
  message,
  endOfTransmission,
  closed,
  timeout,
  argument,
  internal
};

/// What went wrong. `errorCodeName` gives the string that programs compare with.
enum class ErrorCode : std::uint8_t {
  // connection
  invalidUrl,            ///< the URL cannot be parsed
  hostNotFound,          ///< the name does not resolve
  connectFailed,         ///< nobody listens, no route, or the peer reset the connection while connecting
  connectTimeout,        ///< not ready within `connectTimeout`
  authenticationFailed,  ///< the broker refused user and password
  vhostRefused,          ///< the virtual host is missing, or the user may not enter it
  connectionLost,        ///< the socket failed after the connection was open
  heartbeatTimeout,      ///< the peer was silent for two heartbeats
  confirmTimeout,        ///< the broker was alive and did not confirm a message for `confirmTimeout`
  allRefused,            ///< the broker refused each message of a connection
  connectionClosed,      ///< the broker closed the connection
  protocolError,         ///< bytes that are not of the broker's protocol, or not what its state allows
  tlsUnavailable,        ///< the TLS library (GnuTLS) is not installed
  invalidTlsOption,      ///< a file, certificate or key of the TLS options cannot be used
  tlsFailed,             ///< the peer speaks no TLS, no common version of it, or refused this program's certificate
  certificateRefused,    ///< the broker's certificate is not trusted, not valid now, or for another name
  // channel: the broker refused an operation; `replyCode` is its number for the reason, if it has one
  channelClosed,
  accessRefused,       ///< no permission
  notFound,            ///< no such exchange or queue
  resourceLocked,      ///< another connection has it for itself
  preconditionFailed,  ///< it exists with other properties, ...
  consumerCancelled,   ///< the queue went away
  // publish
  nacked,         ///< the broker did not take the message
  unroutable,     ///< `mandatory`, and no queue is bound for the message
  tooLarge,       ///< above the broker's message size limit
  queueFull,      ///< `whenFull: reject` and the high-water mark is reached
  dropped,        ///< `whenFull: dropOldest` made room for a newer message
  notConfirmed,   ///< closed before the broker confirmed the message
  publishFailed,  ///< several messages failed; the list says which and why
  // image
  unknownFormat,    ///< an encoding MatMQ does not know
  cannotEncode,     ///< the format cannot hold this matrix, or its library refused
  cannotDecode,     ///< the body is damaged
  notAnImage,       ///< the body is none of the allowed formats
  limitExceeded,    ///< the image is larger than `limits` allows
  codecMissing,     ///< the library of a format that is loaded on demand is not installed
  invalidMatrix,    ///< an empty matrix, or one whose fields contradict each other
  cancelled,        ///< the stop of a decode was requested
  cannotReadFile,   ///< the system does not let an image file be read, or it is no regular file
  cannotWriteFile,  ///< nor written
  // message
  malformedProperties,  ///< the properties of a received message cannot be read
  badSegments,          ///< segments that contradict each other, or whose checksum is wrong
  incompleteMessage,    ///< a segment is missing
  // the rest
  endOfTransmission,  ///< the producer said that nothing follows
  closed,             ///< the producer or consumer was closed by this program
  timeout,            ///< nothing arrived in time
  invalidArgument,    ///< "expected ..., received ..."
  outOfResources,     ///< the system gives no thread, descriptor or the like
  internalError,      ///< what no other code describes: a fault of MatMQ or of a library, please report it
};

/// The stable string of a code, such as "CONNECT_TIMEOUT".
[[nodiscard]] std::string_view errorCodeName(ErrorCode code) noexcept;
/// All codes, in their order.
[[nodiscard]] std::span<const ErrorCode> allErrorCodes() noexcept;
/// The family a code belongs to.
[[nodiscard]] ErrorKind errorKind(ErrorCode code) noexcept;

/// The one exception type of the core. The message says what was expected, what was found and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::uint16_t replyCode = 0)
      : std::runtime_error(message), code_(code), replyCode_(replyCode) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] ErrorKind kind() const noexcept { return errorKind(code_); }
  [[nodiscard]] std::string_view codeName() const noexcept { return errorCodeName(code_); }
  /// The broker's number for the reason (AMQP 0-9-1, 1.2 "reply codes"), or 0 where it gave none.
  [[nodiscard]] std::uint16_t replyCode() const noexcept { return replyCode_; }

 private:
  ErrorCode code_;
  std::uint16_t replyCode_;
};

}  // namespace matmq
