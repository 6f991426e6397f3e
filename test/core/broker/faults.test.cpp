// What goes wrong at the broker, and ends in the middle of traffic.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "broker.hpp"

using namespace matmq;
using namespace support;

namespace {

/// The broker's URL with other credentials or another vhost.
std::string urlWith(const std::string& credentials, const std::string& path) {
  const std::string url = brokerUrl();
  const auto at = url.rfind('@');
  const std::string host = at == std::string::npos ? url.substr(url.find("//") + 2) : url.substr(at + 1);
  return scheme() + "://" + credentials + "@" + host.substr(0, host.find('/')) + path;
}

/// A socket that listens and never answers.
class SilentPeer {
 public:
  SilentPeer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url = scheme() + "://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentPeer() { ::close(fd_); }
  SilentPeer(const SilentPeer&) = delete;
  SilentPeer& operator=(const SilentPeer&) = delete;
  std::string url;

 private:
  int fd_;
};

}  // namespace

TEST_CASE("refusals at login and declaration are typed, final, and tell the broker's words") {
  const std::string exchange = uniqueName("refused");
  ProducerOptions options = producerOn(exchange);
  std::string message;

  options.url = {urlWith("guest:wrong-password", "/")};
  CHECK(codeOf([&] { Producer producer(options); }, &message) == "AUTHENTICATION_FAILED");
  CHECK(message.find("wrong-password") == std::string::npos);
  CHECK(message.find("ACCESS_REFUSED") != std::string::npos);

  options.url = {urlWith("guest:guest", "/no-such-vhost")};
  CHECK(codeOf([&] { Producer producer(options); }, &message) == "VHOST_REFUSED");
  CHECK(message.find("no-such-vhost") != std::string::npos);

  const Producer first(producerOn(exchange, "fanout"));
  CHECK(codeOf([&] { Producer producer(producerOn(exchange, "topic")); }, &message) == "PRECONDITION_FAILED");
  CHECK(message.find("inequivalent arg 'type'") != std::string::npos);

  ConsumerOptions consuming = consumerOn(uniqueName("missing"));
  consuming.declare = false;
  CHECK(codeOf([&] { Consumer consumer(consuming); }, &message) == "NOT_FOUND");
}

TEST_CASE("a peer that accepts and never answers is given up within connectTimeout") {
  const SilentPeer peer;
  ProducerOptions options = producerOn("any");
  options.url = {peer.url};
  options.connectTimeout = std::chrono::milliseconds(50);
  CHECK(codeOf([&] { Producer producer(options); }) == "CONNECT_TIMEOUT");
}

TEST_CASE("the first connect tries each URL of the list once") {
  ProducerOptions options = producerOn(uniqueName("list"));
  options.url = {scheme() + "://127.0.0.1:1", brokerUrl()};
  Producer producer(options);
  producer.send("x").confirmed();
  options.url = {scheme() + "://127.0.0.1:1", scheme() + "://127.0.0.1:2"};
  std::string message;
  CHECK(codeOf([&] { Producer again(options); }, &message) == "CONNECT_FAILED");
  CHECK(message.find("127.0.0.1:2") != std::string::npos);
}

TEST_CASE("an unroutable message fails its receipt, or the flush, not both") {
  ProducerOptions options = producerOn(uniqueName("unroutable"));
  options.mandatory = true;
  Producer producer(options);
  const Receipt asked = producer.send("nobody listens");
  producer.send("nobody listens, nobody asks");
  CHECK(codeOf([&] { asked.confirmed(); }) == "UNROUTABLE");
  std::string message;
  CHECK(codeOf([&] { producer.flush(); }, &message) == "PUBLISH_FAILED");
  CHECK(message.find("message 2") != std::string::npos);
  CHECK(message.find("message 1:") == std::string::npos);
  producer.flush();
}

TEST_CASE("without segments a message above the limit is refused before its first byte, and the next one passes") {
  ProducerOptions options = producerOn(uniqueName("large"));
  options.maxMessageSize = 1000;
  options.segment = false;
  Producer producer(options);
  const Receipt large = producer.send(std::string(1001, 'x'));
  const Receipt fits = producer.send(std::string(1000, 'x'));
  CHECK(codeOf([&] { large.confirmed(); }) == "TOO_LARGE");
  fits.confirmed();
  CHECK(producer.stats().bytesWritten < 5000);
}

TEST_CASE("a body above limits.messageBytes is refused without memory, and the next one arrives") {
  const std::string exchange = uniqueName("refused-body");
  ConsumerOptions options = consumerOn(exchange);
  options.limits.messageBytes = 1000;
  Consumer consumer(options);
  Producer producer(producerOn(exchange));
  producer.send(std::string(300'000, 'x'));
  producer.send("small");
  CHECK(codeOf([&] { consumer.receive(); }) == "LIMIT_EXCEEDED");
  CHECK(consumer.receive()->body.text() == "small");
}

TEST_CASE("a body that is no image is an error, and the next one arrives") {
  const std::string exchange = uniqueName("no-image");
  Consumer consumer(consumerOn(exchange));
  Producer producer(producerOn(exchange));
  const cv::Mat image = noise(5, 5, CV_8UC3);
  producer.send("not an image");
  producer.sendImage(image);
  CHECK(codeOf([&] { consumer.receiveImage(); }) == "NOT_AN_IMAGE");
  CHECK(samePixels(consumer.receiveImage().image.mat, image));
}

TEST_CASE("what was not acknowledged comes again, what was is gone") {
  const std::string exchange = uniqueName("again");
  ConsumerOptions options = consumerOn(exchange);
  options.queue = QueueOptions{uniqueName("queue"), false, QueueType::classic, {{"x-expires", std::int64_t{60'000}}}};
  options.ack = AckMode::manual;
  Producer producer(producerOn(exchange));
  {
    Consumer consumer(options);
    for (int i = 0; i < 3; ++i) producer.send(std::to_string(i));
    CHECK(consumer.ack(*consumer.receive()));
    const auto rejected = consumer.receive();
    CHECK(consumer.nack(*rejected, false));
    CHECK_FALSE(consumer.ack(*rejected));
    CHECK(consumer.receive()->body.text() == "2");
  }
  Consumer again(options);
  const auto message = again.receive();
  CHECK(message->body.text() == "2");
  CHECK(message->redelivered);
  CHECK(codeOf([&] { again.receive(std::chrono::milliseconds(20)); }) == "TIMEOUT");
}

TEST_CASE("after exit a producer and a consumer refuse, and a second exit does nothing") {
  Producer producer(producerOn(uniqueName("closed")));
  producer.exit();
  producer.exit();
  CHECK(codeOf([&] { producer.send("x"); }) == "CLOSED");
  Consumer consumer(consumerOn(uniqueName("closed")));
  consumer.exit();
  consumer.exit();
  CHECK(codeOf([&] { consumer.receive(); }) == "CLOSED");
}

TEST_CASE("exit in the middle of traffic settles every receipt, one way or the other") {
  for (int round = 0; round < 10; ++round) {
    const std::string exchange = uniqueName("exit");
    Consumer consumer(consumerOn(exchange));
    Producer producer(producerOn(exchange));
    std::vector<Receipt> receipts;
    for (int i = 0; i < 50; ++i) {
      receipts.push_back(producer.send(std::string(50'000, 'x')));
      receipts.push_back(producer.sendImage(noise(50, 50, CV_8UC3)));
    }
    consumer.receive();
    producer.exit();
    for (const Receipt& receipt : receipts) {
      const std::string outcome = codeOf([&] { receipt.confirmed(); });
      CHECK((outcome == "nothing thrown" || outcome == "NOT_CONFIRMED"));
    }
  }
}

TEST_CASE("destroying engines at any moment joins their threads") {
  for (int round = 0; round < 30; ++round) {
    const std::string exchange = uniqueName("destroyed");
    AsyncConsumer consumer(consumerOn(exchange), [] {});
    AsyncProducer producer(producerOn(exchange), [] {});
    for (int i = 0; i < round * 3; ++i) {
      static_cast<void>(producer.trySend(imageMessage(noise(20, 20, CV_8UC3), nullptr, ImageFormat::png, {})));
    }
  }
}
