// One AMQP connection with its one channel: login, declarations, frames in and out, heartbeats, close. It never blocks
// and never waits; io_thread.hpp polls for it.
//
// Ownership and threading
// 1. A Connection belongs to one I/O thread; nobody else touches it.
// 2. It ends by throwing an Error from turn or onTick (lost, refused, closed by the peer), or by closed() after
//    close(). After either it is only destroyed.
// 3. A ConnectionUser's callbacks run inside turn; they may enqueue frames and throw, and must not destroy the
//    Connection.
#pragma once

#include <memory>
#include <string>

#include "amqp/connection/read_pacing.hpp"
#include "amqp/connection/settings.hpp"
#include "amqp/connection/setup_script.hpp"
#include "amqp/connection/uri.hpp"
#include "amqp/wire/codec.hpp"
#include "amqp/wire/frame_reader.hpp"
#include "amqp/wire/frame_writer.hpp"
#include "base/signal.hpp"

namespace matmq::amqp {

struct BrokerInfo {
  std::string product;  ///< "RabbitMQ"
  std::string version;  ///< "3.10.8"
  std::string peer;     ///< host:port
};

/// What a producer or a consumer makes of a connection.
class ConnectionUser {
 public:
  ConnectionUser() = default;
  virtual ~ConnectionUser() = default;
  ConnectionUser(const ConnectionUser&) = delete;
  ConnectionUser& operator=(const ConnectionUser&) = delete;

  /// Adds what is to be declared on the channel, once per connection.
  virtual void declare(SetupScript& script) = 0;
  /// All of it was granted. Nothing of what the peer says later comes before it.
  virtual void onReady(const BrokerInfo& broker, std::uint32_t frameMax) = 0;
  /// May the socket be read? False: the inbox is full.
  [[nodiscard]] virtual bool wantsInput() = 0;
  /// Gives the writer more to do, until it has enough or there is nothing. Called whenever the loop turns.
  virtual void pump(FrameWriter& writer) = 0;

  /// A method without content on our channel, connection.blocked and unblocked included.
  virtual void onMethod(const Method& method) = 0;
  /// basic.deliver or basic.return; its content follows.
  virtual void onContentMethod(const Method& method) = 0;
  /// Where the body goes, `header.bodySize` octets; null throws the body away unread.
  /// `header` is valid during the call.
  virtual std::byte* onContentHeader(IncomingHeader header) = 0;
  virtual void onContent() = 0;
  /// The broker closed the channel in use: what to make of it.
  [[nodiscard]] virtual Error onChannelClosed(Error error) { return error; }
  /// How many messages (or answers to them) may gather in the socket before the peer waits for us.
  [[nodiscard]] virtual std::size_t mayGather() const { return 1; }
  /// When pump has something to do although nothing came.
  [[nodiscard]] virtual Deadline deadline() const { return std::nullopt; }
  /// deadline() is over. `arrived`: octets of this connection that the peer's system has acknowledged.
  virtual void onDeadline(Clock::time_point /*now*/, std::uint64_t /*arrived*/) {}
};

class Connection final : private FrameSink {
 public:
  /// `deadline`: until when login and declarations must be done.
  Connection(std::unique_ptr<net::Transport> transport, const Endpoint& endpoint, Settings settings,
             ConnectionUser& user, Clock::time_point deadline);

  [[nodiscard]] int fd() const noexcept { return transport_->fd(); }
  /// poll events to wait for.
  [[nodiscard]] short interest();
  /// Is there input that poll() may not tell of? As of the last interest().
  [[nodiscard]] bool holdsInput() const noexcept { return reading_ && transport_->holdsInput(); }
  /// When onTick is due.
  [[nodiscard]] Deadline deadline() const;

  /// Lets the user pump, writes, and reads if `events` says so. @throws Error
  void turn(short events);
  /// Heartbeats and time-outs. @throws Error HEARTBEAT_TIMEOUT, CONNECT_TIMEOUT, what the user throws
  void onTick(Clock::time_point now);

  /// Begins the orderly close. closed() answers true when the peer agreed.
  void close();
  [[nodiscard]] bool closed() const noexcept { return state_ == State::closed; }
  [[nodiscard]] bool ready() const noexcept { return state_ == State::ready; }
  /// Whether the user's onReady was called.
  [[nodiscard]] bool wasReady() const noexcept { return state_ >= State::ready; }
  [[nodiscard]] Clock::time_point readySince() const noexcept { return readySince_; }

  [[nodiscard]] std::uint64_t bytesRead() const noexcept { return reader_.bytesRead(); }
  [[nodiscard]] std::uint64_t bytesWritten() const noexcept { return writer_.bytesWritten(); }

 private:
  enum class State : std::uint8_t { awaitingStart, awaitingTune, settingUp, ready, closing, closed };

  void onFrame(const FrameHeader& frame, std::span<const std::byte> payload) override;
  void expectBody(std::shared_ptr<std::byte> memory, std::uint32_t size) override;
  BodySpace bodySpace(std::uint16_t channel, std::uint32_t size) override;
  void onBodyFrame(std::uint16_t channel, std::uint32_t size) override;

  void onMethodFrame(const FrameHeader& frame, std::span<const std::byte> payload);
  void onConnectionMethod(const Method& method);
  void onChannelMethod(const Method& method);
  void onStart(const amqp_connection_start_t& start);
  void onTune(const amqp_connection_tune_t& tune);
  void finishContent();
  [[nodiscard]] Deadline beatDue() const;
  [[nodiscard]] std::uint64_t octetsArrived() const noexcept;
  [[noreturn]] void onConnectionClose(const amqp_connection_close_t& close);
  [[noreturn]] void onChannelClose(const amqp_channel_close_t& close);
  [[noreturn]] void unexpected(const std::string& what) const;
  [[noreturn]] void lost(const net::IoResult& result) const;
  void write();
  void read();
  void pace(std::size_t bytes, std::size_t messages) noexcept;

  template <typename T>
  void send(std::uint16_t channel, amqp_method_number_t id, T method) {
    Bytes frame;
    appendMethod(frame, channel, id, method);
    writer_.enqueue(std::move(frame));
  }

  std::unique_ptr<net::Transport> transport_;
  const Endpoint& endpoint_;
  const Settings settings_;
  ConnectionUser& user_;
  FrameReader reader_;
  FrameWriter writer_;
  DecodePool pool_;
  SetupScript script_;
  State state_ = State::awaitingStart;
  BrokerInfo broker_;
  std::uint32_t frameMax_ = frameMinSize;

  Clock::time_point setupDeadline_;
  Clock::time_point readySince_;
  std::chrono::milliseconds heartbeat_{0};  ///< negotiated; 0: none
  Clock::time_point lastRead_;
  Clock::time_point lastWrite_;
  bool reading_ = true;  ///< as of the last interest(): silence of a peer we do not listen to means nothing
  ReadPacing pacing_;
  Deadline pause_;  ///< as of the last interest(): until when the socket is left alone
  std::uint64_t inputs_ = 0;
  std::size_t receiveBuffer_ = 0;  ///< octets, as of one of the last inputs
  std::uint64_t methodsRead_ = 0;  ///< since the start; each message and each answer to one begins with one

  // the content under way
  enum class Content : std::uint8_t { none, awaitingHeader, body };
  Content content_ = Content::none;
  std::byte* bodyAt_ = nullptr;  ///< null: thrown away
  std::uint64_t bodyLeft_ = 0;
  std::shared_ptr<std::byte> expected_;  ///< for the header that comes next
  std::uint64_t expectedSize_ = 0;
  Bytes discard_;
};

}  // namespace matmq::amqp
