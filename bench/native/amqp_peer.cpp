// An AMQP 0-9-1 peer that shows a client alone, without a broker's cost: it discards what is published, and confirms it
// if asked; or it floods a consumer.
//
//   amqp-peer [--confirms multiple]             the sink
//   amqp-peer --size BYTES --count MESSAGES     the source: so much for each consumer
//
// Prints {"port":N} when it listens, and {"messages":N,"bytes":N} of what was published on a connection when that ends.
// Ends when its stdin does.
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "arguments.hpp"
#include "peer_session.hpp"
#include "sockets.hpp"

namespace {

using namespace bench;

void serve(matmq::UniqueFd socket, const PeerOptions& options) {
  PeerCount count;
  try {
    PeerSession session(std::move(socket), options);
    count = session.serve();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "amqp-peer: %s\n", error.what());
  }
  std::printf("{\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64 "}\n", count.messages, count.bytes);
  std::fflush(stdout);
}

PeerOptions readOptions(const Arguments& arguments) {
  PeerOptions options;
  options.multipleConfirms = arguments.text("confirms", "single") == "multiple";
  if (arguments.has("size")) options.flood = Flood{arguments.number("size"), arguments.number("count")};
  return options;
}

int peer(int argc, const char* const* argv) {
  const PeerOptions options = readOptions(Arguments(argc, argv, {"confirms", "size", "count"}));
  const Listener listener = listenOnLoopback();
  std::printf("{\"port\":%u}\n", listener.port);
  std::fflush(stdout);
  std::thread([] {
    char ignored = 0;
    while (read(STDIN_FILENO, &ignored, 1) > 0) continue;
    std::_Exit(EXIT_SUCCESS);
  }).detach();
  for (;;) {
    std::thread([socket = acceptFrom(listener), &options]() mutable { serve(std::move(socket), options); }).detach();
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::runMain(argc, argv, peer); }
