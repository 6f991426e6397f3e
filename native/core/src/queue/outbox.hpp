// What a producer holds: messages from their acceptance until they are settled, in order. It knows no broker.
//
// Ownership and threading
// 1. The program pushes and collects, codec threads finish encodings, the I/O thread takes and settles; one mutex
//    guards it all, held for moments only and never while calling out or releasing a message's memory.
// 2. A Parcel that take() handed out stays where it is until the I/O thread settles it or rewinds.
// 3. Codec threads may finish after everybody else let go, so an Outbox is held by shared_ptr. After endEncoding() they
//    read no image any more: its memory may be gone.
// 4. `wake` is called without the lock, by the I/O thread, a codec thread, attend or, with dropOldest, push.
#pragma once

#include <condition_variable>
#include <deque>
#include <matmq/async_producer.hpp>
#include <mutex>

#include "base/adaptive_mutex.hpp"
#include "base/signal.hpp"

namespace matmq {

/// A message that is ready for the wire.
struct Parcel {
  std::uint64_t sequence = 0;
  std::int64_t acceptedAt = 0;  ///< microseconds since 1970
  OutgoingMessage message;      ///< its body is a Payload
  bool resent = false;          ///< it was on an earlier connection
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
  /// Whether somebody waits for messages to be settled. If nobody does, settled ones are told of, and let go, an eighth
  /// of the high-water mark at a time, or when all are.
  void attend(bool attended);
  /// No more messages: push throws `why`, take gives nothing.
  void refuse(Error why);
  /// Waits for the images that are being encoded; those that wait for a codec thread are not encoded any more.
  void endEncoding();

  // the I/O thread
  /// The next message in order, or null: none, or still being encoded. Settles what could not be encoded on its way.
  [[nodiscard]] const Parcel* take();
  void confirm(std::span<const std::uint64_t> sequences);
  void fail(std::uint64_t sequence, Error error);
  /// Fails what take() gave out and is larger than `bytes`. Returns how many.
  std::size_t failLargerThan(std::size_t bytes, const Error& error);
  /// Fails the largest message that take() gave out. False when there is none.
  bool failLargest(const Error& error);
  /// The connection is gone: everything that is not settled is to be taken again.
  void rewind();
  /// Settles everything that is left as NOT_CONFIRMED.
  void failRest(const std::string& reason);
  void announce(Event event);

 private:
  enum class State : std::uint8_t { toEncode, beingEncoded, unencodable, ready, taken, settled };
  /// Held by pointer: an entry stays where it is while others go from the middle.
  struct Entry {
    State state = State::ready;
    Parcel parcel;
    std::optional<ImageToEncode> job;  ///< toEncode: what a codec thread will take
    std::size_t envelope = 0;          ///< bytes of the properties
    std::size_t charge = 0;            ///< bytes counted against the high-water mark: these and the body
    std::optional<Error> error;
  };
  /// What settled messages held: released when the lock is no longer held.
  struct Done {
    std::vector<OutgoingMessage> messages;
    std::vector<ImageToEncode> images;
    std::size_t bytes = 0;
  };

  void encode(std::uint64_t sequence);
  [[nodiscard]] std::optional<ImageToEncode> beginEncoding(std::uint64_t sequence);
  void finishEncoding(std::uint64_t sequence, Payload payload, std::optional<Error> error);
  [[nodiscard]] bool roomFor(std::size_t bytes) const noexcept;
  bool dropOldest();
  void settle(Entry& entry);
  void settleFailed(Entry& entry, Error error);
  void recharge(Entry& entry, std::size_t charge);
  void popSettled();
  void giveBack(const Entry& entry) noexcept;
  /// The place of the first entry from `sequence` on.
  [[nodiscard]] std::size_t placeOf(std::uint64_t sequence) const noexcept;
  [[nodiscard]] Entry* find(std::uint64_t sequence) noexcept;
  [[nodiscard]] bool roomIsWorthTelling() const noexcept;
  [[nodiscard]] bool doneIsWorthTelling() const noexcept;
  /// The last act of whoever changed something: lets go of the lock and then of memory, and wakes if there is news.
  void tell(std::unique_lock<AdaptiveMutex> lock);

  const HighWaterMark highWaterMark_;
  const WhenFull whenFull_;
  const std::function<void()> wake_;
  const std::shared_ptr<Signal> ioSignal_;

  mutable AdaptiveMutex mutex_;
  std::deque<std::unique_ptr<Entry>>
      entries_;                   ///< by sequence, without those that went from the middle; the front is never settled
  std::uint64_t next_ = 1;        ///< the sequence of the next message
  std::uint64_t nextToTake_ = 1;  ///< all entries before it are taken or settled
  unsigned encoding_ = 0;         ///< images that codec threads read now
  bool encodingEnded_ = false;
  std::condition_variable_any encoded_;
  std::size_t held_ = 0;  ///< entries not settled
  std::size_t heldBytes_ = 0;
  std::size_t taken_ = 0;  ///< entries that the I/O thread has; these alone stay within the high-water mark, too
  std::size_t takenBytes_ = 0;
  std::optional<Error> refusal_;
  std::optional<std::size_t> roomWanted_;  ///< the bytes of the message that push answered 0 to
  Done done_;                              ///< settled, not told yet
  bool attended_ = true;                   ///< somebody waits for messages to be settled
  bool settledToTell_ = false;
  bool announced_ = false;
  ProducerReport report_;
  ProducerStats counters_;
};

}  // namespace matmq
