// The codec threads: one pool for the whole process.
//
// Threading
// 1. submit may be called from any thread; tasks start in the order of submit and run on one of the pool's threads.
// 2. A task must not throw and must not submit and wait.
// 3. The pool starts its threads at the first submit and lives as long as the process.
#pragma once

#include <functional>

namespace matmq::codec_pool {

/// Queues `task`. @throws Error OUT_OF_RESOURCES when there is no thread and the system gives none
void submit(std::function<void()> task);
/// The number of threads; min(cores, 4) unless set.
[[nodiscard]] unsigned threads() noexcept;
/// Sets the number of threads, 1..64. @throws Error INVALID_ARGUMENT out of range, or once the first task was submitted
void setThreads(unsigned count);

}  // namespace matmq::codec_pool
