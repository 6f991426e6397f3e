#include "amqp/connection/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <system_error>

#include "amqp/connection/login.hpp"

namespace matmq::amqp {
namespace {

// One turn of the loop: enough to be fast, little enough that the other direction and the timers get their turn.
constexpr int writesPerTurn = 4;
constexpr int readsPerTurn = 32;
constexpr std::size_t discardChunk = 64 * 1024;
// The kernel lets a receive buffer grow in the first moments of a stream, and seldom later.
constexpr std::uint64_t inputsPerLook = 16;

/// The code for a reply code of channel.close (AMQP 0-9-1, 1.2).
ErrorCode channelErrorCode(std::uint16_t replyCode) noexcept {
  switch (replyCode) {
    case AMQP_ACCESS_REFUSED:
      return ErrorCode::accessRefused;
    case AMQP_NOT_FOUND:
      return ErrorCode::notFound;
    case AMQP_RESOURCE_LOCKED:
      return ErrorCode::resourceLocked;
    case AMQP_PRECONDITION_FAILED:
      return ErrorCode::preconditionFailed;
    default:
      return ErrorCode::channelClosed;
  }
}

/// The broker's words, without the full stop that some of them end with.
std::string sentence(amqp_bytes_t text) {
  std::string words(view(text));
  while (words.ends_with('.')) words.pop_back();
  return words;
}

}  // namespace

Connection::Connection(std::unique_ptr<net::Transport> transport, const Endpoint& endpoint, Settings settings,
                       ConnectionUser& user, Clock::time_point deadline)
    : transport_(std::move(transport)),
      endpoint_(endpoint),
      settings_(settings),
      user_(user),
      script_(settings.amqp.frameMax),
      setupDeadline_(deadline),
      lastRead_(Clock::now()),
      lastWrite_(lastRead_) {
  writer_.enqueue(Bytes(protocolHeader.begin(), protocolHeader.end()));
}

short Connection::interest() {
  const bool wasReading = reading_;
  reading_ = state_ != State::ready || user_.wantsInput();
  if (reading_ && !wasReading) lastRead_ = Clock::now();
  pause_ = reading_ ? pacing_.pausedUntil(Clock::now()) : std::nullopt;
  return static_cast<short>((reading_ && !pause_ ? POLLIN : 0) |
                            (writer_.empty() && !transport_->holdsOutput() ? 0 : POLLOUT));
}

Deadline Connection::deadline() const {
  if (state_ < State::ready) return setupDeadline_;
  const Deadline users = state_ == State::ready ? user_.deadline() : std::nullopt;
  return earlier(earlier(users, pause_), beatDue());
}

Deadline Connection::beatDue() const {
  if (heartbeat_.count() == 0) return std::nullopt;
  const auto due = lastWrite_ + heartbeat_ / 2;
  return reading_ ? std::min(due, lastRead_ + 2 * heartbeat_) : due;
}

void Connection::turn(short events) {
  // A socket that is gone may still hold the peer's last words.
  const bool gone = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  if ((events & POLLIN) != 0 || (gone && reading_)) {
    read();
  } else if (gone) {
    lost({net::IoResult::Status::ended, 0, 0});
  }
  if (state_ == State::ready) user_.pump(writer_);
  write();
}

void Connection::write() {
  if (transport_->holdsOutput()) {
    const net::IoResult result = transport_->flush();
    if (result.status == net::IoResult::Status::wouldBlock) return;
    if (result.status != net::IoResult::Status::ok) lost(result);
  }
  for (int i = 0; i < writesPerTurn && !writer_.empty(); ++i) {
    const net::IoResult result = writer_.writeOnce(*transport_);
    if (result.status == net::IoResult::Status::wouldBlock) return;
    if (result.status != net::IoResult::Status::ok) lost(result);
    lastWrite_ = Clock::now();
    if (state_ == State::ready) user_.pump(writer_);
  }
}

void Connection::read() {
  const std::uint64_t bytesBefore = reader_.bytesRead();
  const std::uint64_t methodsBefore = methodsRead_;
  for (int i = 0; i < readsPerTurn && state_ != State::closed; ++i) {
    if (state_ == State::ready && !user_.wantsInput()) break;
    const net::IoResult result = reader_.readOnce(*transport_, *this);
    if (result.status == net::IoResult::Status::wouldBlock) {
      if (result.bytes > 0) lastRead_ = Clock::now();
      break;
    }
    if (result.status != net::IoResult::Status::ok) lost(result);
    lastRead_ = Clock::now();
    if (reader_.drained() && transport_->readsAll()) break;  // another read would only say so
  }
  const std::uint64_t bytes = reader_.bytesRead() - bytesBefore;
  if (state_ == State::ready && bytes > 0) pace(bytes, methodsRead_ - methodsBefore);
}

void Connection::pace(std::size_t bytes, std::size_t messages) noexcept {
  Gather enough;
  enough.messages = std::min(enough.messages, user_.mayGather());
  // Half of the window that the kernel has opened by now; it counts its own records, too.
  if (inputs_++ % inputsPerLook == 0) receiveBuffer_ = transport_->receiveBuffer();
  enough.bytes = std::min(enough.bytes, receiveBuffer_ / 4);
  pacing_.onInput(lastRead_, bytes, messages, enough);
}

std::uint64_t Connection::octetsArrived() const noexcept {
  const std::uint64_t written = writer_.bytesWritten();
  return written - std::min<std::uint64_t>(written, transport_->unacknowledged());
}

void Connection::onTick(Clock::time_point now) {
  if (state_ < State::ready) {
    if (now < setupDeadline_) return;
    const std::string waitedFor = state_ == State::settingUp ? script_.step() : std::string("logging in");
    throw Error(ErrorCode::connectTimeout, "Expected to be connected to " + endpoint_.peer() +
                                               " within connectTimeout but the peer did not answer while " + waitedFor);
  }
  if (state_ == State::ready) {
    if (const Deadline due = user_.deadline(); due && now >= *due) user_.onDeadline(now, octetsArrived());
  }
  if (heartbeat_.count() == 0) return;
  if (reading_ && now >= lastRead_ + 2 * heartbeat_) {
    throw Error(ErrorCode::heartbeatTimeout, "Expected a sign of life from " + endpoint_.peer() +
                                                 " within two heartbeats of " +
                                                 std::to_string(heartbeat_.count() / 1000) + " s but it was silent");
  }
  // Octets that wait in the writer are a heartbeat once the socket takes them; one behind them would say nothing new.
  if (now >= lastWrite_ + heartbeat_ / 2) {
    lastWrite_ = now;
    if (writer_.empty() && !transport_->holdsOutput()) {
      Bytes beat(frameOverhead);
      putFrameHeader(beat.data(), frameHeartbeat, 0, 0);
      beat.back() = frameEnd;
      writer_.enqueue(std::move(beat));
    }
  }
}

void Connection::close() {
  if (state_ >= State::closing) return;
  if (state_ == State::ready) user_.pump(writer_);
  amqp_connection_close_t method{};
  method.reply_code = AMQP_REPLY_SUCCESS;
  method.reply_text = bytesOf("bye");
  send(0, AMQP_CONNECTION_CLOSE_METHOD, method);
  state_ = State::closing;
}

void Connection::lost(const net::IoResult& result) const {
  if (result.status == net::IoResult::Status::failed && result.error == EFAULT) {
    // Trying again would meet the same message. The memory of a sent message belongs to us until it is settled.
    throw Error(ErrorCode::invalidArgument,
                "Expected the memory of a message to stay until it is confirmed but it is gone: was its ArrayBuffer "
                "transferred?");
  }
  const std::string how = transport_->explain(result);
  if (state_ < State::ready && result.status == net::IoResult::Status::refused) {
    // With TLS 1.3 the broker judges our certificate when the handshake is over for us.
    throw Error(ErrorCode::tlsFailed, "Expected " + endpoint_.peer() + " to accept the TLS connection but " + how);
  }
  if (state_ < State::ready) {
    throw Error(ErrorCode::connectFailed, "Expected an AMQP broker at " + endpoint_.peer() + " but while " +
                                              (state_ == State::settingUp ? script_.step() : "logging in") + ": " +
                                              how);
  }
  throw Error(ErrorCode::connectionLost, "The connection to " + endpoint_.peer() + " was lost: " + how);
}

void Connection::unexpected(const std::string& what) const {
  throw Error(ErrorCode::protocolError,
              "The peer at " + endpoint_.peer() + " sent " + what + ", which AMQP 0-9-1 does not allow here");
}

void Connection::onFrame(const FrameHeader& frame, std::span<const std::byte> payload) {
  pool_.reset();
  switch (frame.type) {
    case frameHeartbeat:
      if (frame.channel != 0) unexpected("a heartbeat on channel " + std::to_string(frame.channel));
      return;
    case frameMethod:
      ++methodsRead_;
      onMethodFrame(frame, payload);
      return;
    default:
      if (content_ != Content::awaitingHeader || frame.channel != theChannel) unexpected("a content header");
      IncomingHeader header = readContentHeader(payload, pool_);
      if (expectedSize_ == header.bodySize) header.memory = std::move(expected_);
      expected_.reset();
      bodyLeft_ = header.bodySize;
      bodyAt_ = user_.onContentHeader(std::move(header));
      content_ = Content::body;
      if (bodyLeft_ == 0) finishContent();
  }
}

void Connection::expectBody(std::shared_ptr<std::byte> memory, std::uint32_t size) {
  expected_ = std::move(memory);
  expectedSize_ = size;
}

BodySpace Connection::bodySpace(std::uint16_t channel, std::uint32_t size) {
  if (content_ != Content::body || channel != theChannel) unexpected("a body frame");
  if (size > bodyLeft_) unexpected("more body than its header announced");
  if (bodyAt_ != nullptr) return {bodyAt_, bodyLeft_ - size};
  if (discard_.size() < size) discard_.resize(std::max<std::size_t>(size, discardChunk));
  return {discard_.data(), 0};
}

void Connection::onBodyFrame(std::uint16_t /*channel*/, std::uint32_t size) {
  bodyLeft_ -= size;
  if (bodyAt_ != nullptr) bodyAt_ += size;
  if (bodyLeft_ == 0) finishContent();
}

void Connection::finishContent() {
  content_ = Content::none;
  bodyAt_ = nullptr;
  user_.onContent();
}

void Connection::onMethodFrame(const FrameHeader& frame, std::span<const std::byte> payload) {
  const Method method = decodeMethod(payload, pool_);
  if (frame.channel == 0) return onConnectionMethod(method);
  if (frame.channel != theChannel) unexpected(methodName(method.id) + " on channel " + std::to_string(frame.channel));
  // The end of the channel may cut a content off (section 4.2.6); nothing else may.
  if (content_ != Content::none && method.id != AMQP_CHANNEL_CLOSE_METHOD) {
    unexpected(methodName(method.id) + " within a content");
  }
  onChannelMethod(method);
}

void Connection::onConnectionMethod(const Method& method) {
  switch (method.id) {
    case AMQP_CONNECTION_CLOSE_METHOD:
      onConnectionClose(method.as<amqp_connection_close_t>());
    case AMQP_CONNECTION_CLOSE_OK_METHOD:
      if (state_ != State::closing) unexpected("connection.close-ok");
      state_ = State::closed;
      return;
    case AMQP_CONNECTION_START_METHOD:
      if (state_ != State::awaitingStart) unexpected("connection.start");
      return onStart(method.as<amqp_connection_start_t>());
    case AMQP_CONNECTION_TUNE_METHOD:
      if (state_ != State::awaitingTune) unexpected("connection.tune");
      return onTune(method.as<amqp_connection_tune_t>());
    case AMQP_CONNECTION_BLOCKED_METHOD:
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return user_.onMethod(method);
    case AMQP_CONNECTION_OPEN_OK_METHOD:
      if (state_ == State::settingUp && script_.accept(method)) return;
      if (state_ == State::closing) return;
      [[fallthrough]];
    default:
      unexpected(methodName(method.id));
  }
}

void Connection::onStart(const amqp_connection_start_t& start) {
  const std::string_view mechanism = mechanismOf(settings_.amqp.login);
  if (!offers(view(start.mechanisms), mechanism)) {
    throw Error(
        ErrorCode::authenticationFailed,
        "Expected " + endpoint_.peer() + " to offer the SASL mechanism " + std::string(mechanism) + " but it offers '" +
            std::string(view(start.mechanisms)) + "'" +
            (settings_.amqp.login == LoginMethod::external
                 ? ". Is the plugin rabbitmq_auth_mechanism_ssl enabled, and does the broker ask for certificates?"
                 : ""));
  }
  broker_ = brokerInfo(start);
  broker_.peer = endpoint_.peer();
  writer_.enqueue(startOk(endpoint_, settings_));
  state_ = State::awaitingTune;
}

void Connection::onTune(const amqp_connection_tune_t& tune) {
  if (tune.frame_max != 0 && tune.frame_max < frameMinSize) unexpected("connection.tune with a frame size below 4096");
  frameMax_ = tune.frame_max == 0 ? settings_.amqp.frameMax
                                  : std::min(settings_.amqp.frameMax, static_cast<std::uint32_t>(tune.frame_max));
  const auto asked = static_cast<std::uint16_t>(std::min<std::int64_t>(settings_.amqp.heartbeat.count(), UINT16_MAX));
  // Zero says "no wish" from the broker and "none" from the program.
  heartbeat_ = std::chrono::seconds(asked == 0 || tune.heartbeat == 0 ? asked : std::min(asked, tune.heartbeat));
  reader_.setFrameMax(frameMax_);
  writer_.setFrameMax(frameMax_);

  amqp_connection_tune_ok_t ok{};
  ok.channel_max = theChannel;
  ok.frame_max = static_cast<decltype(ok.frame_max)>(frameMax_);
  ok.heartbeat = static_cast<std::uint16_t>(std::chrono::duration_cast<std::chrono::seconds>(heartbeat_).count());
  send(0, AMQP_CONNECTION_TUNE_OK_METHOD, ok);

  amqp_connection_open_t open{};
  open.virtual_host = bytesOf(endpoint_.vhost);
  script_.request(0, AMQP_CONNECTION_OPEN_METHOD, open, AMQP_CONNECTION_OPEN_OK_METHOD,
                  "opening the virtual host '" + endpoint_.vhost + "'");
  script_.request(theChannel, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{}, AMQP_CHANNEL_OPEN_OK_METHOD,
                  "opening a channel");
  user_.declare(script_);
  writer_.enqueue(script_.takeFrames());
  state_ = State::settingUp;
}

void Connection::onChannelMethod(const Method& method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD && state_ != State::closing)
    onChannelClose(method.as<amqp_channel_close_t>());
  if (state_ == State::settingUp) {
    // basic.deliver may overtake nothing: it follows consume-ok, which is the last step.
    if (!script_.accept(method)) unexpected(methodName(method.id) + " while " + script_.step());
    if (script_.done()) {
      state_ = State::ready;
      readySince_ = Clock::now();
      user_.onReady(broker_, frameMax_);
    }
    return;
  }
  if (state_ < State::ready) unexpected(methodName(method.id));
  if (method.id == AMQP_BASIC_DELIVER_METHOD || method.id == AMQP_BASIC_RETURN_METHOD) {
    content_ = Content::awaitingHeader;
    user_.onContentMethod(method);
  } else {
    user_.onMethod(method);
  }
}

void Connection::onConnectionClose(const amqp_connection_close_t& close) {
  const std::string said = sentence(close.reply_text);
  const bool external = settings_.amqp.login == LoginMethod::external;
  const std::string who =
      (external ? "the client certificate" : "user '" + endpoint_.user + "'") + " at " + endpoint_.peer();
  if (state_ == State::closing) {  // both sides closed at once
    throw Error(ErrorCode::connectionClosed, said, close.reply_code);
  }
  // The operator's wish or the broker's own fault, not an answer to what we asked: trying again may help.
  const bool passing = close.reply_code == AMQP_CONNECTION_FORCED || close.reply_code == AMQP_INTERNAL_ERROR;
  if (state_ == State::awaitingTune && !passing) {
    throw Error(ErrorCode::authenticationFailed,
                "Expected the broker to accept " + who + " but it refused the login: " + said +
                    (external ? ". Check that the broker has a user of the certificate's name"
                              : ". Check user and password in the URL"),
                close.reply_code);
  }
  if (state_ == State::settingUp && !passing && close.class_id == (AMQP_CONNECTION_OPEN_METHOD >> 16) &&
      close.method_id == (AMQP_CONNECTION_OPEN_METHOD & 0xFFFF)) {
    throw Error(ErrorCode::vhostRefused,
                "Expected the virtual host '" + endpoint_.vhost + "' to be open to " + who +
                    " but the broker refused it: " + said,
                close.reply_code);
  }
  throw Error(ErrorCode::connectionClosed, "The broker at " + endpoint_.peer() + " closed the connection: " + said,
              close.reply_code);
}

void Connection::onChannelClose(const amqp_channel_close_t& close) {
  const std::string said = sentence(close.reply_text);
  const std::string when = state_ == State::settingUp ? " while " + script_.step() : std::string();
  Error error(channelErrorCode(close.reply_code),
              "The broker at " + endpoint_.peer() + " closed the channel" + when + ": " + said, close.reply_code);
  throw state_ == State::ready ? user_.onChannelClosed(std::move(error)) : error;
}

}  // namespace matmq::amqp
