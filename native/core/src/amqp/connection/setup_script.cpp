#include "amqp/connection/setup_script.hpp"

namespace matmq::amqp {

bool SetupScript::accept(const Method& method) {
  if (awaited_.empty() || awaited_.front().reply != method.id) return false;
  const Awaited answered = std::move(awaited_.front());
  awaited_.pop_front();
  if (answered.onReply) answered.onReply(method);
  return true;
}

const std::string& SetupScript::step() const noexcept {
  static const std::string none = "nothing";
  return awaited_.empty() ? none : awaited_.front().what;
}

}  // namespace matmq::amqp
