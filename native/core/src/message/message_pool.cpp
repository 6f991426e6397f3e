#include "message/message_pool.hpp"

#include <mutex>
#include <vector>

#include "base/adaptive_mutex.hpp"

namespace matmq::message_pool {
namespace {

void clear(std::string& text) noexcept {
  text.clear();
  if (text.capacity() > maxText) std::string().swap(text);
}

/// As new, but for the memory of its strings. What else it held is released here, without a lock.
void renew(Message& message) noexcept {
  Message fresh;
  fresh.exchange.swap(message.exchange);
  fresh.routingKey.swap(message.routingKey);
  fresh.encodedProperties.swap(message.encodedProperties);
  clear(fresh.exchange);
  clear(fresh.routingKey);
  clear(fresh.encodedProperties);
  message = std::move(fresh);
}

class Pool {
 public:
  Pool() { idle_.reserve(maxIdle); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::unique_ptr<Message> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Message> message = std::move(idle_.back());
        idle_.pop_back();
        return message;
      }
    }
    return std::make_unique<Message>();
  }

  void give(std::unique_ptr<Message> message) noexcept {
    renew(*message);
    const std::lock_guard lock(mutex_);
    if (idle_.size() < maxIdle) idle_.push_back(std::move(message));  // reserved: nothing is allocated
  }

  std::size_t idle() noexcept {
    const std::lock_guard lock(mutex_);
    return idle_.size();
  }

 private:
  AdaptiveMutex mutex_;
  std::vector<std::unique_ptr<Message>> idle_;
};

// Never destroyed: process.exit() leaves I/O threads running, and messages may be released later than any destructor.
Pool& pool() {
  static Pool& instance = *std::make_unique<Pool>().release();
  return instance;
}

struct GiveBack {
  void operator()(Message* message) const noexcept { pool().give(std::unique_ptr<Message>(message)); }
};

}  // namespace

std::shared_ptr<Message> make() { return {pool().take().release(), GiveBack{}}; }

std::size_t idle() noexcept { return pool().idle(); }

}  // namespace matmq::message_pool
