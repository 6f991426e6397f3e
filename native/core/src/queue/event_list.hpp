// Events that the program did not take yet. A broker can make no more of them than there are states: of alarms that
// come and go only the last coming and going are told.
#pragma once

#include <matmq/engine/events.hpp>
#include <vector>

namespace matmq {

/// Appends it; a third change of `blocked` and `unblocked` in a row takes the place of the two before.
void addEvent(std::vector<Event>& events, Event event);

}  // namespace matmq
