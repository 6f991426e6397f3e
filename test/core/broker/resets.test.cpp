// Traffic through connections that are reset at random places: nothing is lost, damaged or out of order.
#include <filesystem>
#include <future>
#include <mutex>
#include <random>

#include "broker.hpp"
#include "resetting_proxy.hpp"

using namespace matmq;
using namespace support;

namespace {

constexpr int messages = 400;
constexpr int resets = 30;

/// The number, and as much noise as that number has: the receiver can make it again.
std::string bodyOf(int number) {
  std::minstd_rand random(static_cast<unsigned>(number) + 1);
  std::string body(random() % 30'000, '\0');
  for (char& octet : body) octet = static_cast<char>(random() >> 8);
  return std::to_string(number) + ":" + body;
}

std::uint16_t brokerPort() {
  const std::string url = brokerUrl();
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

std::string brokerUrlAt(std::uint16_t port) {
  const std::string url = brokerUrl();
  return url.substr(0, url.rfind(':') + 1) + std::to_string(port) + "/";
}

std::ptrdiff_t entriesOf(const char* folder) {
  const auto entries = std::filesystem::directory_iterator(folder);
  return std::distance(begin(entries), end(entries));
}

/// Messages through connections that are reset; those larger than `maxMessageSize` in segments.
void throughResets(const QueueOptions& queue, std::uint64_t maxMessageSize) {
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  const std::string exchange = uniqueName("resets");
  ResettingProxy proxy(brokerPort(), resets, seed);
  const std::string url = brokerUrlAt(proxy.port());
  const auto behindProxy = [&url](auto options) {
    // The first connect is tried once for each URL: enough of them for all resets to fall into the login.
    options.url.assign(resets + 1, url);
    options.reconnect = {true, std::chrono::milliseconds(1), std::chrono::milliseconds(10)};
    return options;
  };
  ConsumerOptions consuming = behindProxy(consumerOn(exchange));
  consuming.queue = queue;
  Consumer consumer(consuming);
  ProducerOptions producing = behindProxy(producerOn(exchange));
  producing.highWaterMark.messages = 32;
  producing.maxMessageSize = maxMessageSize;
  Producer producer(producing);

  auto sent = std::async(std::launch::async, [&] {
    int number = 0;
    // Until the last reset has been, and all that it may have hit.
    for (; number < messages || proxy.resets() < resets; ++number) producer.send(bodyOf(number));
    producer.sendEOT();
    producer.flush();
    return number;
  });
  int next = 0;
  // Up to the end of transmission: a receive that waits for a message of which nobody knows whether it comes may wait
  // in vain.
  const auto receive = [&] {
    try {
      const auto message = consumer.receive(std::chrono::seconds(60));
      const std::string body(message->body.text());
      const int number = std::stoi(body);
      REQUIRE(body == bodyOf(number));
      REQUIRE(number <= next);  // what comes again has come before
      next = std::max(next, number + 1);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::endOfTransmission) throw;
      return false;
    }
  };
  while (receive()) continue;
  CHECK(next == sent.get());
  CHECK(proxy.resets() >= resets);
  CHECK(producer.stats().connects + consumer.stats().connects > 2);
  CHECK(producer.stats().failed == 0);
}

}  // namespace

TEST_CASE("connections that are reset at random places lose and damage nothing, and keep the order") {
  // With a single active consumer, because the broker may learn of a lost connection after it has served the next one.
  const FieldTable arguments{{"x-expires", std::int64_t{60'000}}, {"x-single-active-consumer", true}};
  throughResets(QueueOptions{uniqueName("queue"), false, QueueType::classic, arguments, false}, 0);
}

TEST_CASE("nor do they through a stream, whose consumer goes on where the program is") {
  throughResets(QueueOptions{uniqueName("stream"), true, QueueType::stream, {}, false}, 0);
}

TEST_CASE("nor through a stream of messages in segments") {
  throughResets(QueueOptions{uniqueName("stream"), true, QueueType::stream, {}, false}, 8'000);
}

TEST_CASE("what is closed has given its thread and its descriptor back, though it is there still") {
  const std::string exchange = uniqueName("closed");
  const auto closed = [&exchange] {
    std::promise<void> told;
    AsyncProducer* self = nullptr;
    std::mutex mutex;  // the first wake may come before the constructor has returned
    std::unique_lock lock(mutex);
    auto producer = std::make_unique<AsyncProducer>(producerOn(exchange), [&] {
      const std::lock_guard guard(mutex);
      const ProducerReport report = self->collect();
      if (!report.events.empty() && report.events.back().kind == Event::Kind::closed) told.set_value();
    });
    self = producer.get();
    lock.unlock();
    producer->close();
    told.get_future().wait();
    producer->join();
    return producer;
  };
  const auto first = closed();
  const auto descriptors = entriesOf("/proc/self/fd");
  std::vector<std::unique_ptr<AsyncProducer>> others;
  for (int i = 0; i < 20; ++i) others.push_back(closed());
  CHECK(entriesOf("/proc/self/fd") == descriptors);
  CHECK_THROWS_AS(static_cast<void>(first->trySend(textMessage("late"))), Error);
  CHECK(first->stats().sent == 0);
}
