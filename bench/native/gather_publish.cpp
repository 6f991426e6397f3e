// The limit of publishing: frames gathered with sendmsg from where the bytes lie, one message a call, or small ones
// joined to so many octets a call. The connection itself is rabbitmq-c's. With confirms, those that have arrived are
// taken after each call, and at the end it waits for the rest.
//
//   gather-publish --port PORT --exchange NAME --key KEY --size BYTES --count MESSAGES [--warm MESSAGES]
//                  [--join OCTETS] [--confirm 1]
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "confirms.hpp"
#include "frames.hpp"
#include "measure.hpp"
#include "rabbit.hpp"
#include "sockets.hpp"

namespace {

using namespace bench;

class Publisher {
 public:
  Publisher(int fd, const std::string& exchange, const std::string& key, std::size_t size, std::size_t join,
            bool confirm)
      : fd_(fd),
        method_(methodFrame(channel, methodId(60, 40), Fields().u16(0).shortText(exchange).shortText(key).u8(0))),
        body_(size, channel, frameMax),
        perCall_(messagesPerCall(size, join)) {
    if (confirm) confirms_.emplace(fd);
  }

  void publish(std::uint64_t count) {
    for (std::uint64_t sent = 0; sent < count;) {
      vectors_.clear();
      for (std::size_t i = 0; i < perCall_ && sent < count; ++i, ++sent) {
        vectors_.push_back(vectorOf(method_));
        body_.addTo(vectors_);
      }
      writeAll(fd_, vectors_);
      if (confirms_) confirms_->takeArrived();
    }
    published_ += count;
    if (confirms_) confirms_->waitFor(published_);
  }

 private:
  int fd_;
  Octets method_;
  GatheredBody body_;
  std::size_t perCall_;
  std::vector<iovec> vectors_;
  std::optional<Confirms> confirms_;
  std::uint64_t published_ = 0;
};

int gatherPublish(int argc, const char* const* argv) {
  const Arguments arguments(argc, argv, {"port", "exchange", "key", "size", "count", "warm", "join", "confirm"});
  const std::size_t size = arguments.number("size");
  const std::uint64_t count = arguments.number("count");
  const std::string& exchange = arguments.text("exchange");
  Rabbit rabbit(static_cast<std::uint16_t>(arguments.number("port")));
  rabbit.declareExchange(exchange);
  const bool confirm = arguments.number("confirm", 0) != 0;
  if (confirm) rabbit.selectConfirms();
  Publisher publisher(rabbit.fd(), exchange, arguments.text("key"), size, arguments.number("join", 0), confirm);
  publisher.publish(arguments.number("warm", 0));
  sayReady();
  waitForGo();
  Measurement measurement;
  measurement.start();
  publisher.publish(count);
  rabbit.close();
  measurement.stop();
  measurement.report(count, count * size);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::runMain(argc, argv, gatherPublish); }
