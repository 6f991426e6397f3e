#include <algorithm>
#include <condition_variable>
#include <deque>
#include <matmq/engine/codec_pool.hpp>
#include <matmq/error.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>

#include "base/resources.hpp"

namespace matmq::codec_pool {
namespace {

constexpr unsigned mostThreads = 64;
constexpr unsigned mostByDefault = 4;

class Pool {
 public:
  Pool() : threads_(std::clamp(std::thread::hardware_concurrency(), 1U, mostByDefault)) {}

  void submit(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      if (idle_ < tasks_.size() && started_ < threads_) startThread();
    }
    ready_.notify_one();
  }

  unsigned threads() {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

  void setThreads(unsigned count) {
    if (count < 1 || count > mostThreads) {
      throw Error(ErrorCode::invalidArgument, "Expected 1 to " + std::to_string(mostThreads) +
                                                  " codec threads but received " + std::to_string(count));
    }
    const std::lock_guard lock(mutex_);
    if (started_ > count) {
      throw Error(ErrorCode::invalidArgument,
                  "Expected the number of codec threads to be set before the first image, but " +
                      std::to_string(started_) + " are at work");
    }
    threads_ = count;
  }

 private:
  // With the lock. Where the system gives no thread, those that there are do the work.
  void startThread() {
    try {
      // Detached: the pool is never destroyed (see pool()), so its threads have nothing to outlive.
      std::thread([this] { work(); }).detach();
      ++started_;
    } catch (const std::system_error& error) {
      if (started_ > 0) return;
      tasks_.pop_back();
      throw resourceError("a thread for the codecs", error.code());
    } catch (const std::bad_alloc&) {
      if (started_ > 0) return;
      tasks_.pop_back();
      throw;
    }
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      ready_.wait(lock, [this] { return !tasks_.empty(); });
      --idle_;
      {
        const std::function<void()> task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
      }  // what the task held is let go without the lock
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  unsigned threads_;
  unsigned started_ = 0;
  unsigned idle_ = 0;
};

// Never destroyed: a codec thread may still be within a library when the process ends.
Pool& pool() {
  static Pool& instance = *std::make_unique<Pool>().release();
  return instance;
}

}  // namespace

void submit(std::function<void()> task) { pool().submit(std::move(task)); }
unsigned threads() noexcept { return pool().threads(); }
void setThreads(unsigned count) { pool().setThreads(count); }

}  // namespace matmq::codec_pool
