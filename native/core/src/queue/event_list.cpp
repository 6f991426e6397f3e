#include "queue/event_list.hpp"

#include <algorithm>

namespace matmq {
namespace {

bool isAlarm(const Event& event) noexcept {
  return event.kind == Event::Kind::blocked || event.kind == Event::Kind::unblocked;
}

}  // namespace

void addEvent(std::vector<Event>& events, Event event) {
  const std::size_t count = events.size();
  if (isAlarm(event) && count >= 2 && isAlarm(events[count - 1]) && isAlarm(events[count - 2])) {
    events.pop_back();
    if (event.kind == events.back().kind) events.pop_back();
  }
  events.push_back(std::move(event));
}

}  // namespace matmq
