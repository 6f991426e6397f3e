// Producer and Consumer with a broker in memory: what they promise with every broker, without sockets.
#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <matmq/engine/async_consumer.hpp>
#include <matmq/engine/async_producer.hpp>
#include <matmq/matmq.hpp>
#include <mutex>
#include <opencv2/core.hpp>

#include "support/memory_broker.hpp"

using namespace matmq;
using namespace std::chrono_literals;
using support::MemoryBroker;
using Answer = MemoryBroker::Answer;

namespace {

/// Each test has a broker of its own.
struct Fixture {
  Fixture() {
    producing.url = {broker->url()};
    consuming.url = {broker->url()};
  }
  static std::string nextName() {
    static int count = 0;
    return "test-" + std::to_string(++count);
  }
  std::shared_ptr<MemoryBroker> broker = MemoryBroker::named(nextName());
  ProducerOptions producing;
  ConsumerOptions consuming;
};

std::string textOf(const std::shared_ptr<const Message>& message) { return std::string(message->body.text()); }

OutgoingMessage inPartition(std::string_view text, std::int64_t partition) {
  OutgoingMessage message = textMessage(text);
  message.properties.headers = {{"partition", partition}};
  return message;
}

std::string codeOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(error.codeName());
  }
  return "nothing thrown";
}

/// Wakes of an engine, to wait for.
class Wakes {
 public:
  void operator()() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }
  template <typename Condition>
  bool until(Condition&& condition) {
    std::unique_lock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (;;) {
      const auto seen = count_;
      lock.unlock();
      if (condition()) return true;
      lock.lock();
      if (!changed_.wait_until(lock, deadline, [&] { return count_ != seen; })) return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

}  // namespace

TEST_CASE("messages arrive in order, receipts are confirmed, and the end of transmission ends") {
  Fixture f;
  Producer producer(f.producing);
  Consumer consumer(f.consuming);
  const Receipt first = producer.send("one");
  producer.send("two");
  producer.sendEOT();
  first.confirmed();
  producer.flush();
  CHECK(textOf(consumer.receive(10s)) == "one");
  CHECK(textOf(consumer.receive(10s)) == "two");
  CHECK(codeOf([&] { static_cast<void>(consumer.receive(10s)); }) == "END_OF_TRANSMISSION");
  CHECK(producer.stats().confirmed == 3);
  CHECK(f.broker->waitForAcknowledged(3));
  CHECK(f.broker->acknowledged() == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("an image goes through the queues as a view of its pixels, and comes back") {
  Fixture f;
  Producer producer(f.producing);
  Consumer consumer(f.consuming);
  cv::Mat image(48, 64, CV_8UC3, cv::Scalar(1, 2, 3));
  image.at<cv::Vec3b>(7, 9) = {200, 100, 50};
  producer.sendImage(image, ImageFormat::png);
  const ReceivedImage received = consumer.receiveImage({}, 10s);
  CHECK(received.image.mat.size() == image.size());
  CHECK(cv::norm(received.image.mat, image, cv::NORM_INF) == 0);
}

TEST_CASE("a message that the broker refuses fails its receipt, and flush lists it") {
  Fixture f;
  f.broker->setAnswer(Answer::refuse);
  Producer producer(f.producing);
  const Receipt asked = producer.send("asked for");
  CHECK(codeOf([&] { asked.confirmed(); }) == "NACKED");
  producer.send("not asked for");
  CHECK(codeOf([&] { producer.flush(); }) == "PUBLISH_FAILED");
  CHECK(producer.stats().failed == 2);
}

TEST_CASE("a full producer takes nothing until messages are confirmed, then says that there is room") {
  Fixture f;
  f.broker->setAnswer(Answer::wait);
  f.producing.highWaterMark.messages = 2;
  Wakes wakes;
  AsyncProducer producer(f.producing, std::ref(wakes));
  CHECK(producer.trySend(textMessage("1")) == 1);
  CHECK(producer.trySend(textMessage("2")) == 2);
  CHECK(producer.trySend(textMessage("3")) == 0);
  REQUIRE(f.broker->waitForPublished(2));
  f.broker->setAnswer(Answer::confirm);
  CHECK(wakes.until([&] { return producer.collect().roomAgain; }));
  CHECK(producer.trySend(textMessage("3")) == 3);
  CHECK(wakes.until([&] { return producer.stats().confirmed == 3; }));
}

TEST_CASE("dropOldest drops what is not with the driver, and reject throws") {
  Fixture f;
  f.broker->setAnswer(Answer::wait);
  f.producing.highWaterMark.messages = 1;
  f.producing.whenFull = WhenFull::reject;
  Wakes wakes;
  AsyncProducer producer(f.producing, std::ref(wakes));
  CHECK(producer.trySend(textMessage("1")) == 1);
  CHECK(codeOf([&] { static_cast<void>(producer.trySend(textMessage("2"))); }) == "QUEUE_FULL");
}

TEST_CASE("exit settles what is not confirmed") {
  Fixture f;
  f.broker->setAnswer(Answer::wait);
  Producer producer(f.producing);
  const Receipt receipt = producer.send("never confirmed");
  producer.exit();
  CHECK(codeOf([&] { receipt.confirmed(); }) == "NOT_CONFIRMED");
  CHECK(codeOf([&] { producer.send("after the end"); }) == "CLOSED");
}

TEST_CASE("a large message goes in segments and is one message again, acknowledged with all of its deliveries") {
  Fixture f;
  f.broker->setMaxMessageSize(1000);
  f.consuming.ack = AckMode::manual;
  f.consuming.prefetch = 0;
  Producer producer(f.producing);
  Consumer consumer(f.consuming);
  std::string large(9'500, ' ');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
  producer.send(large);
  producer.send("small");
  producer.flush();
  CHECK(producer.stats().segments == 10);
  const auto message = consumer.receive(10s);
  CHECK(textOf(message) == large);
  const auto small = consumer.receive(10s);
  CHECK(textOf(small) == "small");
  CHECK(consumer.ack(*small));
  REQUIRE(f.broker->waitForAcknowledged(1));
  CHECK(f.broker->acknowledged() == std::vector<std::uint64_t>{11});
  CHECK(consumer.ack(*message));
  CHECK_FALSE(consumer.ack(*message));
  REQUIRE(f.broker->waitForAcknowledged(11));
  CHECK(f.broker->acknowledged() == std::vector<std::uint64_t>{11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("what is given back comes again, and what is rejected does not") {
  Fixture f;
  f.consuming.ack = AckMode::manual;
  Producer producer(f.producing);
  Consumer consumer(f.consuming);
  producer.send("back");
  const auto message = consumer.receive(10s);
  CHECK(consumer.nack(*message, true));
  const auto again = consumer.receive(10s);
  CHECK(textOf(again) == "back");
  CHECK(again->redelivered);
  CHECK(again->number > message->number);
  CHECK(consumer.nack(*again, false));
  consumer.exit();
  CHECK(f.broker->rejected() == std::vector<std::uint64_t>{1});
  CHECK(f.broker->waitForQueued(0));
}

TEST_CASE("a full inbox leaves messages with the broker until the program takes some") {
  Fixture f;
  f.consuming.prefetch = 0;
  f.consuming.highWaterMark.messages = 3;
  Producer producer(f.producing);
  for (int i = 0; i < 10; ++i) producer.send(std::to_string(i));
  producer.flush();
  Consumer consumer(f.consuming);
  CHECK(f.broker->waitForQueued(7));
  for (int i = 0; i < 10; ++i) CHECK(textOf(consumer.receive(10s)) == std::to_string(i));
  CHECK(f.broker->waitForQueued(0));
}

TEST_CASE("prefetch bounds what is sent ahead of its acknowledgement") {
  Fixture f;
  f.consuming.prefetch = 2;
  f.consuming.ack = AckMode::manual;
  Producer producer(f.producing);
  for (int i = 0; i < 5; ++i) producer.send(std::to_string(i));
  producer.flush();
  Consumer consumer(f.consuming);
  CHECK(f.broker->waitForQueued(3));
  CHECK(consumer.ack(*consumer.receive(10s)));
  CHECK(f.broker->waitForQueued(2));
}

TEST_CASE("a partition that is taken away voids its messages alone; assigned again, they come again") {
  Fixture f;
  f.consuming.ack = AckMode::manual;
  f.consuming.prefetch = 0;
  Producer producer(f.producing);
  producer.send(inPartition("a1", 0));
  producer.send(inPartition("b1", 1));
  producer.send(inPartition("a2", 0));
  producer.send(inPartition("b2", 1));
  producer.flush();
  Wakes wakes;
  AsyncConsumer consumer(f.consuming, std::ref(wakes));
  REQUIRE(f.broker->waitForQueued(0));
  std::vector<std::shared_ptr<Message>> messages;
  REQUIRE(wakes.until([&] {
    for (auto& message : consumer.take(2 - messages.size(), 1000)) messages.push_back(std::move(message));
    return messages.size() == 2;
  }));
  CHECK(textOf(messages[0]) == "a1");
  CHECK(textOf(messages[1]) == "b1");
  f.broker->revoke(1);
  REQUIRE(f.broker->waitForQueued(2));  // b1 and b2
  CHECK_FALSE(consumer.acknowledge(messages[1]->number, false));
  CHECK(consumer.acknowledge(messages[0]->number, false));
  messages = consumer.take(10, 1000);
  REQUIRE(messages.size() == 1);
  CHECK(textOf(messages[0]) == "a2");
  CHECK(consumer.acknowledge(messages[0]->number, true));
  REQUIRE(f.broker->waitForAcknowledged(2));
  CHECK(f.broker->acknowledged() == std::vector<std::uint64_t>{1, 3});
  f.broker->assign(1);
  messages.clear();
  REQUIRE(wakes.until([&] {
    for (auto& message : consumer.take(10, 1000)) messages.push_back(std::move(message));
    return messages.size() == 2;
  }));
  CHECK(textOf(messages[0]) == "b1");
  CHECK(messages[0]->redelivered);
  CHECK(consumer.acknowledge(messages[1]->number, true));
  REQUIRE(f.broker->waitForAcknowledged(4));
}

TEST_CASE("an open message of a partition that is taken away begins again when it comes back") {
  Fixture f;
  f.broker->setMaxMessageSize(10);
  f.consuming.ack = AckMode::manual;
  f.consuming.prefetch = 2;  // the first two of three segments
  Producer producer(f.producing);
  producer.send(inPartition("0123456789abcdefghijABCDE", 1));
  producer.flush();
  Consumer consumer(f.consuming);
  REQUIRE(f.broker->waitForQueued(1));
  f.broker->revoke(1);
  REQUIRE(f.broker->waitForQueued(3));
  f.broker->assign(1);
  CHECK(f.broker->waitForQueued(1));
}

TEST_CASE("the scheme of the URL chooses the broker, and a list has one") {
  CHECK(codeOf([] {
          Producer producer{[] {
            ProducerOptions o;
            o.url = {"http://host"};
            return o;
          }()};
        }) == "INVALID_URL");
  Fixture f;
  f.producing.url = {f.broker->url(), "amqp://localhost"};
  CHECK(codeOf([&] { Producer producer(f.producing); }) == "INVALID_ARGUMENT");
}
