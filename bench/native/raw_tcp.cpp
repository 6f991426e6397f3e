// The ceiling: TCP without AMQP, to a receiver that discards. One process: the receiver costs this one's processor
// time.
//
//   raw-tcp --size BYTES --count MESSAGES
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <thread>
#include <vector>

#include "arguments.hpp"
#include "measure.hpp"
#include "sockets.hpp"

namespace {

using namespace bench;

constexpr std::size_t discardAtOnce = std::size_t{1} << 20;

void discard(const Listener& listener) {
  const matmq::UniqueFd socket = acceptFrom(listener);
  while (recv(socket.get(), nullptr, discardAtOnce, MSG_TRUNC) > 0) continue;
}

int rawTcp(int argc, const char* const* argv) {
  const Arguments arguments(argc, argv, {"size", "count"});
  const std::size_t size = arguments.number("size");
  const std::uint64_t count = arguments.number("count");
  std::vector<std::byte> body(size, std::byte{7});
  const Listener listener = listenOnLoopback();
  std::jthread receiver([&listener] { discard(listener); });
  const matmq::UniqueFd socket = connectToLoopback(listener.port);
  sayReady();
  waitForGo();
  Measurement measurement;
  measurement.start();
  for (std::uint64_t i = 0; i < count; ++i) {
    std::array vectors{iovec{body.data(), body.size()}};
    writeAll(socket.get(), vectors);
  }
  shutdown(socket.get(), SHUT_WR);
  receiver.join();
  measurement.stop();
  measurement.report(count, count * size);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::runMain(argc, argv, rawTcp); }
