#include "net/dialer.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <matmq/error.hpp>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/resources.hpp"

namespace matmq::net {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

struct Resolution {
  int status = 0;  ///< of getaddrinfo
  std::vector<Address> addresses;
};

Resolution resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  Resolution out;
  out.status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* at = out.status == 0 ? list : nullptr; at != nullptr; at = at->ai_next) {
    Address& address = out.addresses.emplace_back();
    address.size = at->ai_addrlen;
    std::copy_n(reinterpret_cast<const char*>(at->ai_addr), at->ai_addrlen, reinterpret_cast<char*>(&address.storage));
  }
  return out;
}

// getaddrinfo cannot be interrupted, so it runs on a thread of its own that shares nothing but this; who gives up
// waiting leaves it behind, and it ends when the resolver does.
struct PendingResolution {
  Signal done;
  std::mutex mutex;
  std::optional<Resolution> result;
};

class Dial {
 public:
  Dial(const Endpoint& endpoint, Clock::time_point deadline, Signal& signal, const std::function<bool()>& cancelled)
      : endpoint_(endpoint), deadline_(deadline), signal_(signal), cancelled_(cancelled) {}

  UniqueFd run() {
    const auto addresses = lookUp();
    std::string last;
    std::error_code shortage;
    bool timedOut = false;
    for (std::size_t i = 0; i < addresses.size() && !cancelled_(); ++i) {
      const auto now = Clock::now();
      const auto share = (deadline_ - now) / static_cast<std::int64_t>(addresses.size() - i);
      int error = 0;
      UniqueFd socket = tryAddress(addresses[i], now + share, error);
      if (socket || cancelled_()) return socket;
      timedOut = error == ETIMEDOUT;
      if (isShortage(error)) shortage = {error, std::generic_category()};
      last = std::generic_category().message(error);
    }
    if (cancelled_()) return {};
    if (shortage) throw resourceError("a socket for the connection to " + endpoint_.peer(), shortage);
    if (timedOut) throw timeout("nobody answered");
    throw Error(ErrorCode::connectFailed, std::string("Expected a broker (") + endpoint_.protocol.name + ") at " +
                                              endpoint_.peer() + " but connecting failed: " + last +
                                              ". Is the broker running, and are host and port right?");
  }

 private:
  Error timeout(const std::string& what) const {
    return {ErrorCode::connectTimeout,
            "Expected to be connected to " + endpoint_.peer() + " within connectTimeout but " + what};
  }

  // True: `fd` is ready. False: cancelled or the deadline passed.
  bool await(int fd, short events, Clock::time_point deadline) {
    for (signal_.lower(); !cancelled_(); signal_.lower()) {
      if (waitFor(fd, events, signal_, deadline) != 0) return true;
      if (Clock::now() >= deadline) return false;
    }
    return false;
  }

  std::vector<Address> lookUp() {
    Resolution found = resolve(endpoint_.host, endpoint_.port, AI_NUMERICHOST);
    if (found.status != 0) {
      const auto pending = std::make_shared<PendingResolution>();
      startThread([pending, host = endpoint_.host, port = endpoint_.port] {
        Resolution result;
        try {
          result = resolve(host, port, AI_ADDRCONFIG);
        } catch (const std::exception&) {
          result.status = EAI_MEMORY;
        }
        const std::lock_guard lock(pending->mutex);
        pending->result = std::move(result);
        pending->done.raise();
      });
      if (!await(pending->done.fd(), POLLIN, deadline_)) {
        if (cancelled_()) return {};
        throw timeout("its name was still being looked up");
      }
      const std::lock_guard lock(pending->mutex);
      found = std::move(*pending->result);
    }
    if (const int shortage = found.status != 0 ? shortageOfFiles() : 0; shortage != 0) {
      throw resourceError("files and sockets to look up the name of " + endpoint_.peer() + " with",
                          {shortage, std::generic_category()});
    }
    if (found.status != 0 || found.addresses.empty()) {
      throw Error(ErrorCode::hostNotFound, "Expected the host of " + endpoint_.peer() +
                                               " to have an address but looking it up failed: " +
                                               (found.status != 0 ? ::gai_strerror(found.status) : "no address"));
    }
    return std::move(found.addresses);
  }

  // The resolver does not say that it could not open its files: to it the name is not known then. Returns the number
  // of the error; 0: there are files to open.
  static int shortageOfFiles() noexcept {
    const UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!first) return isShortage(errno) ? errno : 0;
    const UniqueFd second(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return !second && isShortage(errno) ? errno : 0;
  }

  template <typename Work>
  static void startThread(Work work) {
    try {
      std::thread(std::move(work)).detach();
    } catch (const std::system_error& error) {
      throw resourceError("a thread that looks up the name of the broker", error.code());
    }
  }

  UniqueFd tryAddress(const Address& address, Clock::time_point deadline, int& error) {
    UniqueFd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) {
      error = errno;
      return {};
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return socket;
    if (errno != EINPROGRESS) {
      error = errno;
      return {};
    }
    if (!await(socket.get(), POLLOUT, deadline)) {
      error = ETIMEDOUT;
      return {};
    }
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return {};
    return socket;
  }

  const Endpoint& endpoint_;
  Clock::time_point deadline_;
  Signal& signal_;
  const std::function<bool()>& cancelled_;
};

}  // namespace

UniqueFd dial(const Endpoint& endpoint, Clock::time_point deadline, Signal& signal,
              const std::function<bool()>& cancelled) {
  return Dial(endpoint, deadline, signal, cancelled).run();
}

}  // namespace matmq::net
