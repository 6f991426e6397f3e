#include "message/refusals.hpp"

#include <string>

namespace matmq {

Error bodyTooLarge(std::uint64_t limit, std::uint64_t size, bool segmented) {
  return Error(ErrorCode::limitExceeded, "Expected a body of at most " + std::to_string(limit) +
                                             " bytes (limits.messageBytes) but one of " + std::to_string(size) +
                                             (segmented ? " in segments" : "") + " was announced; it was rejected");
}

Error noMemoryForBody(std::uint64_t size) {
  return Error(ErrorCode::limitExceeded, "Expected memory for a body of " + std::to_string(size) +
                                             " bytes but the system has none for this process; it was rejected. Give "
                                             "the process more memory, hold fewer messages, or lower "
                                             "limits.messageBytes");
}

}  // namespace matmq
