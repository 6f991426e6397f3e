#include "support/memory_broker.hpp"

#include <algorithm>

#include "support/memory_driver.hpp"

namespace support {

std::shared_ptr<MemoryBroker> MemoryBroker::named(const std::string& name) {
  registerMemoryDriver();
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<MemoryBroker>> all;
  const std::lock_guard lock(mutex);
  std::shared_ptr<MemoryBroker> broker = all[name].lock();
  if (!broker) {
    broker.reset(new MemoryBroker(name));  // NOLINT: the constructor is private
    all[name] = broker;
  }
  return broker;
}

void MemoryBroker::attach(const std::shared_ptr<matmq::Signal>& signal) {
  const std::lock_guard lock(mutex_);
  signals_.push_back(signal);
}

void MemoryBroker::raiseAll() {
  std::vector<std::shared_ptr<matmq::Signal>> signals;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : signals_) {
      if (auto signal = weak.lock()) signals.push_back(std::move(signal));
    }
  }
  for (const auto& signal : signals) signal->raise();
  changed_.notify_all();
}

void MemoryBroker::setMaxMessageSize(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  maxMessageSize_ = bytes;
}

void MemoryBroker::setAnswer(Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    answer_ = answer;
  }
  raiseAll();
}

void MemoryBroker::revoke(std::int64_t partition) {
  {
    const std::lock_guard lock(mutex_);
    away_.insert(partition);
    revoked_.insert(partition);
  }
  raiseAll();
}

void MemoryBroker::assign(std::int64_t partition) {
  {
    const std::lock_guard lock(mutex_);
    away_.erase(partition);
  }
  raiseAll();
}

std::vector<std::uint64_t> MemoryBroker::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::vector<std::uint64_t> MemoryBroker::rejected() const {
  const std::lock_guard lock(mutex_);
  return rejected_;
}

template <typename Condition>
bool MemoryBroker::waitFor(Condition&& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), condition);
}

bool MemoryBroker::waitForQueued(std::size_t records) {
  return waitFor([&] { return queue_.size() == records; });
}

bool MemoryBroker::waitForAcknowledged(std::size_t records) {
  return waitFor([&] { return acknowledged_.size() >= records; });
}

bool MemoryBroker::waitForPublished(std::size_t records) {
  return waitFor([&] { return published_ >= records; });
}

std::size_t MemoryBroker::maxMessageSize() const {
  const std::lock_guard lock(mutex_);
  return maxMessageSize_;
}

MemoryBroker::Answer MemoryBroker::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

void MemoryBroker::publish(Record record) {
  {
    const std::lock_guard lock(mutex_);
    record.offset = ++published_;
    queue_.push_back(std::move(record));
  }
  raiseAll();
}

std::optional<MemoryBroker::Record> MemoryBroker::take() {
  std::optional<Record> record;
  {
    const std::lock_guard lock(mutex_);
    const auto assigned = [this](const Record& one) { return !away_.contains(one.partition); };
    const auto at = std::ranges::find_if(queue_, assigned);
    if (at == queue_.end()) return std::nullopt;
    record = std::move(*at);
    queue_.erase(at);
  }
  changed_.notify_all();
  return record;
}

void MemoryBroker::acknowledge(std::uint64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    acknowledged_.push_back(offset);
  }
  changed_.notify_all();
}

void MemoryBroker::reject(std::uint64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    rejected_.push_back(offset);
  }
  changed_.notify_all();
}

void MemoryBroker::giveBack(std::vector<Record> records) {
  {
    const std::lock_guard lock(mutex_);
    for (Record& record : records) {
      record.redelivered = true;
      queue_.push_front(std::move(record));
    }
    std::ranges::sort(queue_, {}, &Record::offset);
  }
  raiseAll();
}

std::set<std::int64_t> MemoryBroker::takeRevoked() {
  const std::lock_guard lock(mutex_);
  return std::exchange(revoked_, {});
}

}  // namespace support
