// What a plain wrapper around rabbitmq-c can reach: amqp_basic_publish and amqp_consume_message in a loop.
//
//   plain-rabbitmq-c --mode publish|consume --port PORT --exchange NAME --key KEY --size BYTES --count MESSAGES
//                    [--warm MESSAGES]
#include <cstddef>
#include <stdexcept>
#include <string>

#include "arguments.hpp"
#include "frames.hpp"
#include "measure.hpp"
#include "rabbit.hpp"

namespace {

using namespace bench;

struct Job {
  std::string exchange;
  std::string key;
  std::size_t size;
  std::uint64_t count;
  std::uint64_t warm;
};

void publish(const Rabbit& rabbit, const Job& job, const amqp_bytes_t& body, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const int status =
        amqp_basic_publish(rabbit.state(), channel, bytesOf(job.exchange), bytesOf(job.key), 0, 0, nullptr, body);
    if (status != AMQP_STATUS_OK) throw std::runtime_error(amqp_error_string2(status));
  }
}

void receive(const Rabbit& rabbit, const Job& job, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    amqp_maybe_release_buffers(rabbit.state());
    amqp_envelope_t envelope{};
    const amqp_rpc_reply_t reply = amqp_consume_message(rabbit.state(), &envelope, nullptr, 0);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error(amqp_error_string2(reply.library_error));
    const std::size_t size = envelope.message.body.len;
    amqp_destroy_envelope(&envelope);
    if (size != job.size) throw std::runtime_error("a message of another size than expected");
  }
}

void runPublish(Rabbit& rabbit, const Job& job) {
  Octets bytes(job.size, std::byte{7});
  const amqp_bytes_t body{bytes.size(), bytes.data()};
  publish(rabbit, job, body, job.warm);
  sayReady();
  waitForGo();
  Measurement measurement;
  measurement.start();
  publish(rabbit, job, body, job.count);
  rabbit.close();
  measurement.stop();
  measurement.report(job.count, job.count * job.size);
}

void runConsume(const Rabbit& rabbit, const Job& job, const std::string& queue) {
  amqp_basic_consume(rabbit.state(), channel, bytesOf(queue), amqp_empty_bytes, 0, 1, 0, amqp_empty_table);
  rabbit.check("basic.consume");
  sayReady();
  receive(rabbit, job, job.warm);
  sayWarm();
  receive(rabbit, job, 1);
  Measurement measurement;
  measurement.start();
  receive(rabbit, job, job.count - 1);
  measurement.stop();
  measurement.report(job.count - 1, (job.count - 1) * job.size);
}

int plain(int argc, const char* const* argv) {
  const Arguments arguments(argc, argv, {"mode", "port", "exchange", "key", "size", "count", "warm"});
  const Job job{arguments.text("exchange"), arguments.text("key"), arguments.number("size"), arguments.number("count"),
                arguments.number("warm", 0)};
  Rabbit rabbit(static_cast<std::uint16_t>(arguments.number("port")));
  rabbit.declareExchange(job.exchange);
  if (arguments.text("mode") == "publish") {
    runPublish(rabbit, job);
  } else {
    runConsume(rabbit, job, rabbit.declareQueue(job.exchange, job.key));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::runMain(argc, argv, plain); }
