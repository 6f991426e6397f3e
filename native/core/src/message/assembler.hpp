// Puts the segments of messages together again, each straight into the one buffer of its message. It knows no broker:
// it is fed with headers, and hears when a body is there.
//
// Ownership and threading
// 1. One thread uses it. Between begin() and finish() the caller writes the body to where begin() said.
// 2. The number of a segment's delivery comes back exactly once, in a takeEnded(): with its message, or alone.
// 3. Memory is bounded: `Bounds`. What counts is the memory that segments have reached (up to the end of the furthest
//    one), not what a sender says will come. Room for what is new is made by what has come least far, so that
//    announcements cannot push out a message that is on its way.
// 4. A message begins with segment 0; its other segments may come in any order. Segment 0 once more begins it anew: its
//    sender sends all of it again.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <matmq/message.hpp>
#include <vector>

#include "message/segment.hpp"

namespace matmq {

class Assembler {
 public:
  using Clock = std::chrono::steady_clock;

  struct Bounds {
    std::uint64_t messageBytes = 0;                           ///< of one message; more is LIMIT_EXCEEDED
    std::size_t messages = 64;                                ///< that are open at once
    std::uint64_t bytes = 0;                                  ///< that all that are open reach; one alone passes
    std::chrono::milliseconds idle{std::chrono::minutes(5)};  ///< without a new segment
  };
  /// `limits.messageBytes`, and four times as much for all that are open.
  [[nodiscard]] static Bounds boundsFor(std::uint64_t messageBytes) noexcept;

  enum class End : std::uint8_t {
    whole,    ///< `message` is complete; `deliveries` are its segments', in the order of the message
    refused,  ///< `message->error` says why, or it was reported before (no message)
    torn,     ///< its sender began it anew
    doubled,  ///< a segment that was there already, or that belongs to a message the program is done with
    stray,  ///< a segment of a message whose first segment is not here; `message` is its envelope, `segment` says which
  };
  struct Ended {
    End how = End::whole;
    std::shared_ptr<Message> message;
    std::vector<DeliveryNumber> deliveries;
    Segment segment{};
  };

  explicit Assembler(Bounds bounds) : bounds_(bounds) {}
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  /// A segment is coming: `envelope` is all of it but the body. Returns where its `bodySize` octets go; null: nowhere.
  /// Where there is no memory for its message, that is refused as LIMIT_EXCEEDED.
  [[nodiscard]] std::byte* begin(std::shared_ptr<Message> envelope, const Segment& segment, std::uint64_t bodySize,
                                 Clock::time_point now);
  /// A segment is coming whose headers say `why` it cannot be: its message is refused.
  void beginBad(std::shared_ptr<Message> envelope, const Error& why);
  /// The body of the segment that began last is there.
  void finish();

  [[nodiscard]] std::vector<Ended> takeEnded() noexcept { return std::exchange(ended_, {}); }

  /// Is this message under way?
  [[nodiscard]] bool isOpen(std::string_view messageId) const { return open_.contains(messageId); }
  /// Whether the broker delivers this one, which is older, before the newer one.
  using InOrder = std::function<bool(const Message& older)>;
  /// Those under way that the same sender had begun before the message of this id. A sender's messages come one after
  /// the other, so on a queue of one consumer they lack a segment, if the broker keeps their order.
  [[nodiscard]] std::vector<std::string> overtakenBy(std::string_view messageId, const InOrder& inOrder) const;
  /// Refuses an open message, as INCOMPLETE_MESSAGE, naming what is missing. `because` ends the sentence. Not while one
  /// of its segments comes in.
  void giveUp(const std::string& messageId, const std::string& because);
  /// The same for the one of which the fewest bytes have arrived; of several, the one that has had no new segment for
  /// longest.
  void giveUpLeast(const std::string& because);
  /// Refuses the message of a stray segment, once for all of its segments.
  void refuseStray(const Ended& stray, const std::string& because);
  /// The program has acknowledged this message: what is delivered of it again is of no use.
  void done(const std::string& messageId) { done_.add(messageId); }
  /// Gives up what has had no new segment for `Bounds::idle`.
  void expire(Clock::time_point now);
  /// When expire() has something to do; nothing when nothing is open.
  [[nodiscard]] std::optional<Clock::time_point> expiry() const noexcept;
  /// Nothing could come for a while: nobody is idle because of that.
  void touch(Clock::time_point now) noexcept;
  /// The connection is gone. Returns the envelopes of what was open, with errors that say so. What is done or refused
  /// is remembered, because its segments may be delivered again.
  [[nodiscard]] std::vector<std::shared_ptr<Message>> clear();

  [[nodiscard]] std::size_t openMessages() const noexcept { return open_.size(); }
  /// Bytes that they reach, their properties included.
  [[nodiscard]] std::uint64_t openBytes() const noexcept { return openBytes_; }
  /// Segments that arrived of an open message; 0: there is none.
  [[nodiscard]] std::uint64_t arrivedOf(std::string_view messageId) const noexcept;
  /// Deliveries of messages that are not whole yet.
  [[nodiscard]] std::size_t heldDeliveries() const noexcept { return heldDeliveries_; }

 private:
  struct Open {
    std::shared_ptr<Message> message;
    std::shared_ptr<std::byte> memory;
    std::uint64_t total = 0;
    std::uint64_t count = 0;
    std::uint64_t size = 0;                  ///< of each segment but the last
    std::vector<DeliveryNumber> deliveries;  ///< by index; 0: not there
    std::uint64_t have = 0;
    std::uint64_t arrived = 0;  ///< bytes
    std::uint64_t reach = 0;    ///< bytes from the first on that memory was taken for
    std::uint64_t charge = 0;   ///< `reach` and the properties
    std::uint64_t summed = 0;   ///< segments in `checksum`, from the first on
    std::uint32_t checksum = 0;
    std::optional<std::uint32_t> expected;
    Clock::time_point fed;
  };
  using OpenMessages = std::map<std::string, Open, std::less<>>;

  /// A few message ids, the oldest forgotten first.
  class Recent {
   public:
    void add(const std::string& id);
    void remove(std::string_view id);
    [[nodiscard]] bool has(std::string_view id) const noexcept;

   private:
    std::deque<std::string> ids_;
  };

  bool openNew(const std::string& id, std::shared_ptr<Message> envelope, const Segment& segment, std::uint64_t size);
  [[nodiscard]] bool hasRoomFor(std::uint64_t bytes) const noexcept {
    return openBytes_ <= bounds_.bytes && bytes <= bounds_.bytes - openBytes_;
  }
  [[nodiscard]] std::string madeRoom() const;
  void makeRoomForOne(std::uint64_t bytes);
  [[nodiscard]] bool makeRoomForMore(const std::string& id, std::uint64_t bytes);
  void charge(Open& open, std::uint64_t bytes) noexcept;
  void reachTo(Open& open, std::uint64_t reach) noexcept;
  void sum(Open& open) const;
  void complete(OpenMessages::iterator at);
  void refuse(OpenMessages::iterator at, Error why);
  /// Takes it out of the open ones. Its deliveries, in the order of the message.
  std::vector<DeliveryNumber> close(OpenMessages::iterator at);
  void end(End how, std::shared_ptr<Message> message, std::vector<DeliveryNumber> deliveries,
           const Segment& segment = {});

  const Bounds bounds_;
  OpenMessages open_;
  std::uint64_t openBytes_ = 0;
  std::size_t heldDeliveries_ = 0;
  Recent done_;
  Recent refused_;
  std::vector<Ended> ended_;

  // the segment that is coming in, if it is to be kept
  std::optional<std::string> incoming_;
  Segment segment_;
  DeliveryNumber number_ = 0;
};

}  // namespace matmq
