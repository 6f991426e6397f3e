// Messages through the real RabbitMQ and back, in one process.
#include <thread>

#include "broker.hpp"

using namespace matmq;
using namespace support;

TEST_CASE("text, bytes and every encoding arrive in order, and EOT ends it") {
  const std::string exchange = uniqueName("round-trip");
  Consumer consumer(consumerOn(exchange));
  Producer producer(producerOn(exchange));
  const cv::Mat image = noise(97, 131, CV_8UC3);
  const cv::Mat region = image(cv::Rect(3, 5, 40, 50));
  const cv::Mat deep = noise(31, 17, CV_64FC(5));

  producer.send("grüße");
  producer.sendImage(image);
  producer.send(copyBytes(std::string_view("\0\1\2", 3)));
  producer.sendImage(image, ImageFormat::bmp);
  producer.sendImage(image, ImageFormat::webp);
  producer.sendImage(image, ImageFormat::jpeg, {.quality = 100});
  producer.sendImage(region, ImageFormat::raw);
  producer.sendImage(region, ImageFormat::png);
  producer.sendImage(deep, ImageFormat::raw);
  producer.send("\x04");  // a program's own byte, not an EOT
  producer.sendEOT();
  producer.flush();

  CHECK(consumer.receive()->body.text() == "grüße");
  CHECK(samePixels(consumer.receiveImage().image.mat, image));
  CHECK(consumer.receive()->body.text() == std::string_view("\0\1\2", 3));
  CHECK(samePixels(consumer.receiveImage().image.mat, image));
  CHECK(samePixels(consumer.receiveImage().image.mat, image));
  CHECK(consumer.receiveImage().image.mat.size() == image.size());
  CHECK(samePixels(consumer.receiveImage().image.mat, region));
  CHECK(samePixels(consumer.receiveImage().image.mat, region));
  CHECK(samePixels(consumer.receiveImage().image.mat, deep));
  CHECK(consumer.receive()->body.text() == "\x04");
  CHECK(codeOf([&] { consumer.receive(); }) == "END_OF_TRANSMISSION");
  CHECK(producer.stats().confirmed == 11);
}

TEST_CASE("RGB matrices arrive as BGR, raw and encoded, in order; and images are reduced as they are received") {
  const std::string exchange = uniqueName("rgb");
  Consumer consumer(consumerOn(exchange));
  Producer producer(producerOn(exchange));
  const cv::Mat rgb(64, 80, CV_8UC3, cv::Scalar(255, 0, 0));
  const cv::Mat bgr(64, 80, CV_8UC3, cv::Scalar(0, 0, 255));
  const EncodeOptions options{.channelOrder = ChannelOrder::rgb};
  for (int round = 0; round < 20; ++round) {
    producer.sendImage(rgb, ImageFormat::raw, options);
    producer.send("after it");
    producer.sendImage(rgb, ImageFormat::png, options);
  }
  for (int round = 0; round < 20; ++round) {
    CHECK(samePixels(consumer.receiveImage().image.mat, bgr));
    CHECK(consumer.receive()->body.text() == "after it");
    CHECK(samePixels(consumer.receiveImage().image.mat, bgr));
  }
  producer.sendImage(bgr, ImageFormat::jpeg, {.progressive = true, .chromaSubsampling = ChromaSubsampling::s444});
  const cv::Mat small = consumer.receiveImage({.mode = DecodeMode::grayscale, .reduce = 4}).image.mat;
  CHECK(small.size() == cv::Size(20, 16));
  CHECK(small.type() == CV_8UC1);
  CHECK(codeOf([&] { producer.sendImage(bgr, ImageFormat::bmp, {.quality = 90}); }) == "INVALID_ARGUMENT");
}

TEST_CASE("bodies of every size around the frame size arrive whole") {
  const std::string exchange = uniqueName("sizes");
  Consumer consumer(consumerOn(exchange));
  Producer producer(producerOn(exchange));
  const std::vector<std::size_t> sizes{0, 1, 131'063, 131'064, 131'065, 262'128, 262'129, 5'000'000};
  for (const std::size_t size : sizes) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    producer.send(text);
    CHECK(consumer.receive()->body.text() == text);
  }
}

TEST_CASE("images keep their order among texts while codec threads work") {
  const std::string exchange = uniqueName("order");
  Consumer consumer(consumerOn(exchange));
  Producer producer(producerOn(exchange));
  const cv::Mat large = noise(600, 800, CV_8UC3);
  const cv::Mat small = noise(4, 4, CV_8UC1);
  std::thread sender([&] {
    for (int i = 0; i < 30; ++i) {
      producer.sendImage(i % 3 == 0 ? large : small, i % 2 == 0 ? ImageFormat::png : ImageFormat::raw);
      producer.send(std::to_string(i));
    }
    producer.flush();
  });
  for (int i = 0; i < 30; ++i) {
    CHECK(samePixels(consumer.receiveImage().image.mat, i % 3 == 0 ? large : small));
    CHECK(consumer.receive()->body.text() == std::to_string(i));
  }
  sender.join();
}

TEST_CASE("a bounded queue and a bounded inbox pass far more than they hold") {
  const std::string exchange = uniqueName("bounds");
  ProducerOptions sending = producerOn(exchange);
  sending.highWaterMark = {4, 1'000'000};
  ConsumerOptions receiving = consumerOn(exchange);
  receiving.highWaterMark = {2, 500'000};
  receiving.prefetch = 0;
  Consumer consumer(receiving);
  Producer producer(sending);
  constexpr int count = 400;
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) producer.send(std::to_string(i) + std::string(100'000, '.'));
    producer.flush();
  });
  for (int i = 0; i < count; ++i) CHECK(consumer.receive()->body.text().starts_with(std::to_string(i) + "."));
  sender.join();
}

TEST_CASE("several threads send through one producer, and each one's messages stay in order") {
  const std::string exchange = uniqueName("threads");
  Consumer consumer(consumerOn(exchange));
  ProducerOptions options = producerOn(exchange);
  options.highWaterMark.messages = 10;
  Producer producer(options);
  constexpr int threads = 4;
  constexpr int each = 250;
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t) {
    senders.emplace_back([&producer, t] {
      for (int i = 0; i < each; ++i) producer.send(std::to_string(t) + ":" + std::to_string(i));
    });
  }
  std::array<int, threads> next{};
  for (int i = 0; i < threads * each; ++i) {
    const std::string text(consumer.receive()->body.text());
    int& expected = next.at(static_cast<std::size_t>(text[0] - '0'));
    CHECK(text.substr(2) == std::to_string(expected++));
  }
  for (auto& sender : senders) sender.join();
  producer.flush();
}

TEST_CASE("receive gives up after its timeout and the next message still arrives") {
  const std::string exchange = uniqueName("timeout");
  Consumer consumer(consumerOn(exchange));
  CHECK(codeOf([&] { consumer.receive(std::chrono::milliseconds(1)); }) == "TIMEOUT");
  Producer producer(producerOn(exchange));
  producer.send("late");
  CHECK(consumer.receive()->body.text() == "late");
}
