#include "message/assembler.hpp"

#include <algorithm>
#include <charconv>

#include "base/body_pool.hpp"
#include "base/crc32c.hpp"
#include "message/memory_of.hpp"
#include "message/refusals.hpp"

namespace matmq {
namespace {

constexpr std::size_t remembered = 64;
constexpr std::uint64_t openShare = 4;
constexpr std::size_t namedAtMost = 8;

/// Sender and number of a message_id of MatMQ's, `<instance>-<n>`.
struct Origin {
  std::string_view instance;
  std::uint64_t number = 0;
};
std::optional<Origin> originOf(std::string_view id) noexcept {
  const auto dash = id.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Origin origin{id.substr(0, dash), 0};
  const char* const end = id.data() + id.size();
  const auto [stop, status] = std::from_chars(id.data() + dash + 1, end, origin.number);
  if (status != std::errc() || stop != end) return std::nullopt;
  return origin;
}

std::string quoted(std::string_view id) {
  std::string text(1, '\'');
  text += id;
  text += '\'';
  return text;
}

/// "3, 5 and 7", "0, 1, 2 and 14 more".
std::string missing(const std::vector<DeliveryNumber>& deliveries) {
  const auto count = static_cast<std::size_t>(std::ranges::count(deliveries, DeliveryNumber{0}));
  std::string text = count == 1 ? "segment " : "segments ";
  const std::size_t named = count > namedAtMost ? namedAtMost - 1 : count;
  for (std::size_t i = 0, n = 0; n < named; ++i) {
    if (deliveries[i] != 0) continue;
    if (n > 0) text.append(n + 1 == count ? " and " : ", ");
    text.append(std::to_string(i));
    ++n;
  }
  if (named < count) text.append(" and ").append(std::to_string(count - named)).append(" more");
  return text;
}

/// How far the segment reaches into the memory of its message. From so many bytes on the kernel gives memory in such
/// pages (body_pool.cpp): one octet takes all of its page.
std::uint64_t reachOf(const Segment& segment, std::uint64_t bodySize) noexcept {
  constexpr std::uint64_t page = std::uint64_t{2} * 1024 * 1024;
  const std::uint64_t end = segment.offset + bodySize;
  if (segment.total < page) return end;
  return std::min(segment.total, (end + page - 1) / page * page);
}

}  // namespace

void Assembler::Recent::add(const std::string& id) {
  if (has(id)) return;
  ids_.push_back(id);
  if (ids_.size() > remembered) ids_.pop_front();
}
void Assembler::Recent::remove(std::string_view id) { std::erase(ids_, id); }
bool Assembler::Recent::has(std::string_view id) const noexcept { return std::ranges::find(ids_, id) != ids_.end(); }

Assembler::Bounds Assembler::boundsFor(std::uint64_t messageBytes) noexcept {
  Bounds bounds;
  bounds.messageBytes = messageBytes;
  bounds.bytes = messageBytes > UINT64_MAX / openShare ? UINT64_MAX : messageBytes * openShare;
  return bounds;
}

std::byte* Assembler::begin(std::shared_ptr<Message> envelope, const Segment& segment, std::uint64_t bodySize,
                            Clock::time_point now) {
  incoming_.reset();
  const DeliveryNumber number = envelope->number;
  if (!envelope->properties.messageId) {
    beginBad(std::move(envelope),
             Error(ErrorCode::badSegments, "Expected a segment to have a message_id but it has none"));
    return nullptr;
  }
  const std::string id = *envelope->properties.messageId;
  if (segment.total > bounds_.messageBytes) {
    beginBad(std::move(envelope), bodyTooLarge(bounds_.messageBytes, segment.total, true));
    return nullptr;
  }
  const std::uint64_t size = segmentSize(segment, bodySize);
  if (segment.index == 0) {
    if (!openNew(id, std::move(envelope), segment, size)) return nullptr;
  } else if (const auto at = open_.find(id); at == open_.end()) {
    if (refused_.has(id)) {
      end(End::refused, nullptr, {number});
    } else if (done_.has(id)) {
      end(End::doubled, nullptr, {number});
    } else {
      end(End::stray, std::move(envelope), {number}, segment);
    }
    return nullptr;
  } else if (const Open& open = at->second;
             open.total != segment.total || open.count != segment.count || open.size != size) {
    beginBad(
        std::move(envelope),
        Error(ErrorCode::badSegments,
              "Expected the segments of the message " + quoted(id) + " to be those of " + std::to_string(open.total) +
                  " bytes in " + std::to_string(open.count) + " segments of " + std::to_string(open.size) +
                  " but segment " + std::to_string(segment.index) + " is of " + std::to_string(segment.total) +
                  " bytes in " + std::to_string(segment.count) + " of " + std::to_string(size) + ": it is foreign"));
    return nullptr;
  } else if (open.deliveries[segment.index] != 0) {
    end(End::doubled, nullptr, {number});
    return nullptr;
  } else if (const std::uint64_t reach = reachOf(segment, bodySize);
             reach > open.reach && !makeRoomForMore(id, reach - open.reach)) {
    end(End::refused, nullptr, {number});
    return nullptr;
  }
  Open& open = open_.find(id)->second;
  open.fed = now;
  reachTo(open, reachOf(segment, bodySize));
  incoming_ = id;
  segment_ = segment;
  number_ = number;
  return open.memory.get() + segment.offset;
}

// False: there is no memory for it, and it is refused.
bool Assembler::openNew(const std::string& id, std::shared_ptr<Message> envelope, const Segment& segment,
                        std::uint64_t size) {
  std::shared_ptr<std::byte> memory;
  std::uint64_t reach = reachOf(segment, size);
  if (const auto torn = open_.find(id); torn != open_.end()) {
    // Taken over, so that a message that is sent again needs no more memory than one.
    if (torn->second.total == segment.total) {
      memory = torn->second.memory;
      reach = std::max(reach, torn->second.reach);
    }
    end(End::torn, nullptr, close(torn));
  }
  refused_.remove(id);
  done_.remove(id);
  makeRoomForOne(reach);
  if (!memory) memory = body_pool::tryAllocate(segment.total);
  if (!memory) {
    beginBad(std::move(envelope), noMemoryForBody(segment.total));
    return false;
  }
  Open open;
  open.memory = std::move(memory);
  open.message = std::move(envelope);
  open.total = segment.total;
  open.count = segment.count;
  open.size = size;
  open.deliveries.resize(segment.count);
  charge(open, memoryOf(open.message->properties));
  reachTo(open, reach);
  open_.emplace(id, std::move(open));
  return true;
}

void Assembler::reachTo(Open& open, std::uint64_t reach) noexcept {
  if (reach <= open.reach) return;
  charge(open, reach - open.reach);
  open.reach = reach;
}

void Assembler::charge(Open& open, std::uint64_t bytes) noexcept {
  open.charge += bytes;
  openBytes_ += bytes;
}

std::string Assembler::madeRoom() const {
  return "it made room for another: at most " + std::to_string(bounds_.messages) + " messages and " +
         std::to_string(bounds_.bytes) + " bytes (four times limits.messageBytes) are put together at once";
}

void Assembler::makeRoomForOne(std::uint64_t bytes) {
  while (!open_.empty() && (open_.size() >= bounds_.messages || !hasRoomFor(bytes))) giveUpLeast(madeRoom());
}

// False: it was this message that had to go.
bool Assembler::makeRoomForMore(const std::string& id, std::uint64_t bytes) {
  while (open_.size() > 1 && !hasRoomFor(bytes)) giveUpLeast(madeRoom());
  return open_.contains(id);
}

void Assembler::beginBad(std::shared_ptr<Message> envelope, const Error& why) {
  const DeliveryNumber number = envelope->number;
  const std::string id = envelope->properties.messageId.value_or("");
  if (const auto at = open_.find(id); at != open_.end()) {
    refuse(at, why);
    end(End::refused, nullptr, {number});
    return;
  }
  const bool said = !id.empty() && refused_.has(id);
  if (!id.empty()) refused_.add(id);
  if (!said) envelope->error = why;
  end(End::refused, said ? nullptr : std::move(envelope), {number});
}

void Assembler::finish() {
  if (!incoming_) return;
  const auto at = open_.find(*std::exchange(incoming_, std::nullopt));
  if (at == open_.end()) return;
  Open& open = at->second;
  open.deliveries[segment_.index] = number_;
  ++heldDeliveries_;
  ++open.have;
  open.arrived += std::min(open.size, open.total - open.size * segment_.index);
  if (segment_.checksum) open.expected = segment_.checksum;
  sum(open);
  if (open.have == open.count) complete(at);
}

// As far as the segments are there from the first on: in order, each is summed when it comes.
void Assembler::sum(Open& open) const {
  for (; open.summed < open.count && open.deliveries[open.summed] != 0; ++open.summed) {
    const std::uint64_t offset = open.size * open.summed;
    const std::uint64_t length = std::min(open.size, open.total - offset);
    open.checksum = crc32c(open.checksum, std::span<const std::byte>(open.memory.get() + offset, length));
  }
}

void Assembler::complete(OpenMessages::iterator at) {
  Open& open = at->second;
  if (open.checksum != open.expected) {
    refuse(at, Error(ErrorCode::badSegments, "Expected the message " + quoted(at->first) + " of " +
                                                 std::to_string(open.count) + " segments to have the CRC32C " +
                                                 std::to_string(open.expected.value_or(0)) + " but it has " +
                                                 std::to_string(open.checksum) + ": it was damaged on its way"));
    return;
  }
  std::shared_ptr<Message> message = std::move(open.message);
  message->number = number_;
  const std::span<const std::byte> view(open.memory.get(), open.total);
  message->body = {std::move(open.memory), view};
  std::vector<DeliveryNumber> deliveries = close(at);
  end(End::whole, std::move(message), std::move(deliveries));
}

void Assembler::refuse(OpenMessages::iterator at, Error why) {
  std::shared_ptr<Message> message = std::move(at->second.message);
  message->error = std::move(why);
  refused_.add(at->first);
  std::vector<DeliveryNumber> deliveries = close(at);
  end(End::refused, std::move(message), std::move(deliveries));
}

std::vector<DeliveryNumber> Assembler::close(OpenMessages::iterator at) {
  std::vector<DeliveryNumber> deliveries = std::move(at->second.deliveries);
  std::erase(deliveries, DeliveryNumber{0});
  heldDeliveries_ -= deliveries.size();
  openBytes_ -= at->second.charge;
  open_.erase(at);
  return deliveries;
}

void Assembler::end(End how, std::shared_ptr<Message> message, std::vector<DeliveryNumber> deliveries,
                    const Segment& segment) {
  ended_.push_back({how, std::move(message), std::move(deliveries), segment});
}

std::vector<std::string> Assembler::overtakenBy(std::string_view messageId, const InOrder& inOrder) const {
  std::vector<std::string> overtaken;
  const auto from = originOf(messageId);
  if (!from) return overtaken;
  for (const auto& [id, open] : open_) {
    const auto older = originOf(id);
    if (!older || older->instance != from->instance || older->number >= from->number) continue;
    if (inOrder(*open.message)) overtaken.push_back(id);
  }
  return overtaken;
}

void Assembler::giveUp(const std::string& messageId, const std::string& because) {
  const auto at = open_.find(messageId);
  if (at == open_.end() || incoming_ == messageId) return;
  const Open& open = at->second;
  refuse(at, Error(ErrorCode::incompleteMessage, "Expected all " + std::to_string(open.count) +
                                                     " segments of the message " + quoted(messageId) + " but " +
                                                     missing(open.deliveries) + " did not come: " + because));
}

void Assembler::giveUpLeast(const std::string& because) {
  const auto progress = [](const auto& entry) { return std::pair(entry.second.arrived, entry.second.fed); };
  const auto least = std::ranges::min_element(open_, {}, progress);
  if (least == open_.end()) return;
  const std::string id = least->first;
  giveUp(id, because);
}

std::uint64_t Assembler::arrivedOf(std::string_view messageId) const noexcept {
  const auto at = open_.find(messageId);
  return at == open_.end() ? 0 : at->second.have;
}

void Assembler::refuseStray(const Ended& stray, const std::string& because) {
  const std::string id = stray.message->properties.messageId.value_or("");
  const bool said = refused_.has(id);
  if (!said) {
    refused_.add(id);
    stray.message->error = Error(ErrorCode::incompleteMessage,
                                 "Expected segment 0 of the message " + quoted(id) + " before segment " +
                                     std::to_string(stray.segment.index) + " of " +
                                     std::to_string(stray.segment.count) + " but segment 0 is missing: " + because);
  }
  end(End::refused, said ? nullptr : stray.message, stray.deliveries);
}

void Assembler::expire(Clock::time_point now) {
  std::vector<std::string> idle;
  for (const auto& [id, open] : open_) {
    if (now >= open.fed + bounds_.idle && incoming_ != id) idle.push_back(id);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(bounds_.idle).count();
  for (const std::string& id : idle) giveUp(id, "none for " + std::to_string(seconds) + " s; did its sender end?");
}

std::optional<Assembler::Clock::time_point> Assembler::expiry() const noexcept {
  std::optional<Clock::time_point> first;
  for (const auto& [id, open] : open_) {
    if (incoming_ != id && (!first || open.fed + bounds_.idle < *first)) first = open.fed + bounds_.idle;
  }
  return first;
}

void Assembler::touch(Clock::time_point now) noexcept {
  for (auto& [id, open] : open_) open.fed = now;
}

std::vector<std::shared_ptr<Message>> Assembler::clear() {
  incoming_.reset();
  while (!open_.empty())
    giveUp(open_.begin()->first, "the connection was lost and the broker does not deliver it again");
  std::vector<std::shared_ptr<Message>> lost;
  for (Ended& ended : takeEnded()) {
    if (!ended.message) continue;
    if (ended.how == End::refused) lost.push_back(std::move(ended.message));
  }
  for (const auto& message : lost) refused_.remove(message->properties.messageId.value_or(""));
  return lost;
}

}  // namespace matmq
