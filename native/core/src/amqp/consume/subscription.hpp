// The frames of a subscription beside or after the first one, which no answer is awaited for.
#pragma once

#include <string>

#include "amqp/wire/codec.hpp"

namespace matmq::amqp {

/// basic.qos and basic.consume with acknowledgements (AMQP 0-9-1, sections 1.8.3.1 and 1.8.3.3): the window is that of
/// the subscriptions that follow it. `queue`: empty is the one declared last on the channel.
void appendSubscribe(Bytes& frames, const std::string& queue, const std::string& consumerTag, std::uint16_t window);
/// basic.cancel (section 1.8.3.5).
void appendCancel(Bytes& frames, const std::string& consumerTag);

}  // namespace matmq::amqp
