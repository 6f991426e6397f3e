// What a producer holds: messages from their acceptance until they are settled, in order. It knows no broker.
//
// Ownership and threading
// 1. The program pushes and collects, codec threads finish encodings, the I/O thread takes and settles; one mutex
//    guards it all, held for moments only and never while calling out or releasing a message's memory.
// 2. A QueuedMessage that take() handed out stays where it is until the I/O thread settles it or rewinds.
// 3. Codec threads may finish after everybody else let go, so an Outbox is held by shared_ptr. After endEncoding() they
//    read no image any more: its memory may be gone.
// 4. `wake` is called without the lock, by the I/O thread, a codec thread, awaitSettlements or, with
//    dropOldest, push.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <matmq/engine/reports.hpp>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <matmq/stats.hpp>
#include <memory>
#include <mutex>

#include "base/adaptive_mutex.hpp"
#include "base/signal.hpp"

namespace matmq {

/// A message that is ready for the wire. Small: a thousand of them pass between two threads, most without properties of
/// the program's.
struct QueuedMessage {
  std::uint64_t sequence = 0;
  std::int64_t acceptedAt = 0;  ///< microseconds since 1970
  MessageType type = MessageType::binary;
  bool resent = false;  ///< it was given to an earlier connection
  Payload body;
  AmqpRouting routing;
  std::unique_ptr<const Properties> stated;  ///< by the program; null: none

  [[nodiscard]] const Properties& properties() const noexcept { return stated ? *stated : noProperties; }
  inline static const Properties noProperties;
};

/// A message that is with the driver.
struct TakenMessage {
  std::uint64_t sequence = 0;
  std::size_t bytes = 0;  ///< of its body
};

class Outbox : public std::enable_shared_from_this<Outbox> {
 public:
  Outbox(HighWaterMark highWaterMark, WhenFull whenFull, std::function<void()> wake, std::shared_ptr<Signal> ioSignal);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // the program
  [[nodiscard]] std::uint64_t push(OutgoingMessage&& message);
  [[nodiscard]] ProducerReport collect();
  void fillStats(ProducerStats& stats) const;
  /// Whether somebody waits for messages to be settled. If nobody does, settled ones are reported, and their memory is
  /// released, an eighth of the high-water mark at a time, or when all are.
  void awaitSettlements(bool awaited);
  /// No more messages: push throws `why`, take gives nothing.
  void refuse(Error why);
  /// Waits for the images that are being encoded; those that wait for a codec thread are not encoded any more.
  void endEncoding();

  // the I/O thread
  /// The next message in order, or null: none, or still being encoded. Settles what could not be encoded on its way.
  [[nodiscard]] const QueuedMessage* take();
  void confirm(std::span<const std::uint64_t> sequences);
  void fail(std::uint64_t sequence, Error error);
  /// What take() gave out and is not settled, in order.
  [[nodiscard]] std::vector<TakenMessage> taken() const;
  /// The connection is gone: everything that is not settled is to be taken again.
  void rewind();
  /// Settles everything that is left as NOT_CONFIRMED.
  void failRest(const std::string& reason);
  void announce(Event event);

 private:
  enum class State : std::uint8_t { toEncode, beingEncoded, unencodable, ready, taken, settled };
  /// What an entry holds; it stays where it is while others go from the middle.
  struct Contents {
    QueuedMessage queued;
    std::unique_ptr<ImageToEncode> job;  ///< toEncode: what a codec thread will take
    std::size_t envelope = 0;            ///< bytes of the properties
    std::size_t charge = 0;              ///< bytes counted against the high-water mark: these and the body
    std::optional<Error> error;
  };
  /// A place in line: small, because all of them are searched and moved.
  struct Entry {
    std::uint64_t sequence = 0;
    State state = State::ready;
    std::unique_ptr<Contents> contents;  ///< null: settled
  };
  /// What settled messages held: released when the lock is no longer held.
  struct Unreported {
    std::vector<std::unique_ptr<Contents>> contents;
    std::size_t bytes = 0;
  };

  static void fill(Contents& contents, OutgoingMessage&& message);
  void encode(std::uint64_t sequence);
  [[nodiscard]] std::unique_ptr<Contents> emptyContents();
  void release(std::vector<std::unique_ptr<Contents>> settled);
  [[nodiscard]] std::unique_ptr<ImageToEncode> beginEncoding(std::uint64_t sequence);
  void finishEncoding(std::uint64_t sequence, Payload payload, std::optional<Error> error);
  [[nodiscard]] bool roomFor(std::size_t bytes) const noexcept;
  bool dropOldest();
  void settle(Entry& entry);
  void settleFailed(Entry& entry, Error error);
  void recharge(Contents& contents, std::size_t charge);
  void popSettled();
  void untake(const Entry& entry) noexcept;
  /// The place of the first entry from `sequence` on.
  [[nodiscard]] std::size_t placeOf(std::uint64_t sequence) const noexcept;
  [[nodiscard]] Entry* find(std::uint64_t sequence) noexcept;
  [[nodiscard]] bool roomIsWorthReporting() const noexcept;
  [[nodiscard]] bool settledIsWorthReporting() const noexcept;
  /// The last act of whoever changed something: releases the lock and then memory, and wakes if there is news.
  void notify(std::unique_lock<AdaptiveMutex> lock);

  const HighWaterMark highWaterMark_;
  const WhenFull whenFull_;
  const std::function<void()> wake_;
  const std::shared_ptr<Signal> ioSignal_;

  mutable AdaptiveMutex mutex_;
  /// By sequence, without those that went from the middle; the front is never settled.
  std::deque<Entry> entries_;
  /// Of settled messages, emptied, for the next ones: memory that one thread takes and another gives back is dear.
  std::vector<std::unique_ptr<Contents>> spare_;
  std::uint64_t next_ = 1;        ///< the sequence of the next message
  std::uint64_t nextToTake_ = 1;  ///< all entries before it are taken or settled
  unsigned encoding_ = 0;         ///< images that codec threads read now
  bool encodingEnded_ = false;
  std::condition_variable_any encoded_;
  std::size_t unsettled_ = 0;  ///< entries not settled
  std::size_t unsettledBytes_ = 0;
  std::size_t taken_ = 0;  ///< entries that the I/O thread has; these alone stay within the high-water mark, too
  std::size_t takenBytes_ = 0;
  std::optional<Error> refusal_;
  std::optional<std::size_t> roomWanted_;  ///< the bytes of the message that push answered 0 to
  Unreported unreported_;                  ///< settled, not reported yet
  bool settlementsAwaited_ = true;         ///< somebody waits for messages to be settled
  bool settledToReport_ = false;
  bool announced_ = false;
  ProducerReport report_;
  ProducerStats counters_;
};

}  // namespace matmq
