#include "amqp/connection/io_thread.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <system_error>

#include "base/body_pool.hpp"
#include "base/resources.hpp"
#include "net/dialer.hpp"
#include "net/tls/handshake.hpp"

namespace matmq::amqp {
namespace {

/// Will trying again help? Not after a refusal that the next try would meet again.
bool worthRetrying(const Error& error) noexcept {
  switch (error.code()) {
    case ErrorCode::hostNotFound:
    case ErrorCode::connectFailed:
    case ErrorCode::connectTimeout:
    case ErrorCode::connectionLost:
    case ErrorCode::heartbeatTimeout:
    case ErrorCode::confirmTimeout:
    case ErrorCode::allRefused:
    case ErrorCode::protocolError:
    case ErrorCode::outOfResources:  // others may give back what they have
    case ErrorCode::tooLarge:        // the publisher knows now, and does not send that message again
      return true;
    // 320: the operator's wish, or a broker that shuts down; 541: the broker's own fault
    case ErrorCode::connectionClosed:
      return error.replyCode() == AMQP_CONNECTION_FORCED || error.replyCode() == AMQP_INTERNAL_ERROR;
    default:
      return false;
  }
}

/// What reads frames does not know from whom.
Error naming(const std::string& peer, const Error& error) {
  const std::string what = error.what();
  if (error.code() != ErrorCode::protocolError || what.find(peer) != std::string::npos) return error;
  return {error.code(), what + " (" + peer + ")", error.replyCode()};
}

}  // namespace

IoThread::IoThread(Settings settings, IoUser& user, std::shared_ptr<Signal> signal)
    : settings_(settings), user_(user), signal_(std::move(signal)), jitter_(std::random_device{}()) {
  for (const std::string& url : settings.shared.url) endpoints_.push_back(parseUrl(url));
}

IoThread::~IoThread() {
  aborting_ = true;
  signal_->raise();
  if (thread_.joinable()) thread_.join();
}

void IoThread::start() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    throw resourceError("a thread for the connection", error.code());
  }
}

void IoThread::close() noexcept {
  closing_ = true;
  signal_->raise();
}

void IoThread::join() noexcept {
  if (!thread_.joinable() || thread_.get_id() == std::this_thread::get_id()) return;
  thread_.join();
  signal_->retire();
}

void IoThread::run() noexcept {
  std::optional<Error> why;
  try {
    why = connectAndServe();
  } catch (const Error& error) {
    why = error;
  } catch (const std::exception& error) {  // no memory, no descriptors
    why = Error(ErrorCode::connectionLost, std::string("The connection was given up: ") + error.what());
  }
  if (ending()) why.reset();
  user_.onEnd(why);
  Event closed;
  closed.kind = Event::Kind::closed;
  closed.error = why;
  user_.onEvent(std::move(closed));
}

// Returns why it is over; nothing when the program wished it.
std::optional<Error> IoThread::connectAndServe() {
  unsigned failures = 0;
  for (;;) {
    const Endpoint& endpoint = endpoints_[nextEndpoint_];
    connectedThisTime_ = stoodThisTime_ = false;
    const std::optional<Error> why = attempt(endpoint);
    if (ending()) return std::nullopt;
    nextEndpoint_ = (nextEndpoint_ + 1) % endpoints_.size();
    if (stoodThisTime_) failures = 0;
    if (connectedThisTime_) {
      Event event;
      event.kind = Event::Kind::disconnected;
      event.peer = endpoint.peer();
      event.error = why;
      user_.onEvent(std::move(event));
    }
    ++failures;
    if (!worthRetrying(*why) && !user_.mends(*why)) return why;
    if (!everConnected_) {
      // The first connect fails fast: each URL has one try, without a wait.
      if (failures >= endpoints_.size()) return why;
      continue;
    }
    if (!settings_.shared.reconnect.enabled) return why;
    if (!backOff(failures)) return std::nullopt;
  }
}

// One connection, from the first packet to its end, which is the error returned (or the program's wish).
std::optional<Error> IoThread::attempt(const Endpoint& endpoint) {
  std::optional<Connection> connection;
  std::optional<Error> why;
  try {
    const auto deadline = Clock::now() + settings_.shared.connectTimeout;
    std::unique_ptr<net::Transport> transport = connect(endpoint, deadline);
    if (!transport) return std::nullopt;
    connection.emplace(std::move(transport), endpoint, settings_, user_, deadline);
    serve(*connection);
  } catch (const Error& thrown) {
    why = naming(endpoint.peer(), thrown);
  } catch (const std::exception& thrown) {  // no memory: it may pass
    why = Error(ErrorCode::connectionLost, "The connection to " + endpoint.peer() + " was given up: " + thrown.what());
  }
  // Ready, if only for a moment: the program was told so.
  connectedThisTime_ = connection && connection->wasReady();
  stoodThisTime_ = connectedThisTime_ && Clock::now() - connection->readySince() >= steadyAfter;
  everConnected_ = everConnected_ || connectedThisTime_;
  connection.reset();
  if (why) user_.onLost(*why);
  return why;
}

// Null when the program ended it.
std::unique_ptr<net::Transport> IoThread::connect(const Endpoint& endpoint, Clock::time_point deadline) {
  static const TlsOptions standard;
  const TlsOptions& options = settings_.shared.tls ? *settings_.shared.tls : standard;
  // First: what is wrong with a file needs no connection.
  const auto credentials = endpoint.tls ? credentials_.refresh(options) : nullptr;
  const auto cancelled = [this] { return ending(); };
  UniqueFd socket = net::dial(endpoint, deadline, *signal_, cancelled);
  if (ending()) return nullptr;
  if (!endpoint.tls) return std::make_unique<net::TcpTransport>(std::move(socket));
  return net::tls::secure(std::move(socket), endpoint, options, credentials, deadline, *signal_, cancelled);
}

void IoThread::serve(Connection& connection) {
  for (signal_->lower(); !ending(); signal_->lower()) {
    poll(connection, std::nullopt);
  }
  if (!aborting_) serveClose(connection);
}

void IoThread::serveClose(Connection& connection) {
  if (!connection.ready()) return;  // nothing is declared or sent that an orderly end would save
  const auto deadline = Clock::now() + closeTimeout;
  connection.close();
  for (signal_->lower(); !connection.closed() && !aborting_ && Clock::now() < deadline; signal_->lower())
    poll(connection, deadline);
}

// Between lower() and this the caller has looked whether it is to end.
void IoThread::poll(Connection& connection, Deadline deadline) {
  connection.turn(0);
  body_pool::trim();
  user_.onTraffic(connection.bytesRead(), connection.bytesWritten());  // before a wait that may be long
  const short interest = connection.interest();
  const bool holdsInput = connection.holdsInput();
  short events = waitFor(connection.fd(), interest, *signal_,
                         holdsInput ? Clock::now() : earlier(deadline, connection.deadline()));
  if (holdsInput) events = static_cast<short>(events | POLLIN);
  if (events != 0) connection.turn(events);
  connection.onTick(Clock::now());
}

// Exponential, with full jitter so that many clients do not come back at once. False when the program ended it.
bool IoThread::backOff(unsigned attempt) {
  const auto& reconnect = settings_.shared.reconnect;
  const double mean = static_cast<double>(reconnect.initialDelay.count()) * std::pow(2.0, std::min(attempt - 1, 20U));
  const double most = std::min(mean * 2, static_cast<double>(reconnect.maxDelay.count()));
  const std::chrono::milliseconds delay{std::uniform_int_distribution<std::int64_t>(0, std::llround(most))(jitter_)};
  Event event;
  event.kind = Event::Kind::reconnecting;
  event.peer = endpoints_[nextEndpoint_].peer();
  event.delay = delay;
  event.attempt = attempt;
  user_.onEvent(std::move(event));
  const auto until = Clock::now() + delay;
  for (signal_->lower(); !ending() && Clock::now() < until; signal_->lower()) waitFor(-1, 0, *signal_, until);
  return !ending();
}

}  // namespace matmq::amqp
