// A mutex whose holder is done in a moment. Who finds it taken looks again a few times before it sleeps: the I/O
// thread and
// the program meet at the queues for each message, and a sleep and a wake cost more than a hundred of these sections.
//
// Use it where the lock is held for moments only, and never over a call out or a release of memory.
#pragma once

#include <pthread.h>

namespace matmq {

class AdaptiveMutex {
 public:
  AdaptiveMutex() = default;
  ~AdaptiveMutex() { ::pthread_mutex_destroy(&mutex_); }
  AdaptiveMutex(const AdaptiveMutex&) = delete;
  AdaptiveMutex& operator=(const AdaptiveMutex&) = delete;

  // The names of the standard's Lockable. None of the three can fail for this kind of mutex, used in pairs.
  void lock() noexcept { ::pthread_mutex_lock(&mutex_); }
  bool try_lock() noexcept { return ::pthread_mutex_trylock(&mutex_) == 0; }
  void unlock() noexcept { ::pthread_mutex_unlock(&mutex_); }

 private:
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
  pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
#else  // not glibc
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
#endif
};

}  // namespace matmq
