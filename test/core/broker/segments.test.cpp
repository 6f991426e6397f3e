// Messages above the broker's limit, here 64 KiB by option, between the blocking classes.
#include <future>
#include <set>

#include "broker.hpp"

using namespace matmq;
using namespace std::chrono_literals;
using support::codeOf;
using support::consumerOn;
using support::noise;
using support::producerOn;
using support::samePixels;
using support::uniqueName;

namespace {

constexpr std::uint64_t segmentSize = std::uint64_t{64} * 1024;

ProducerOptions small(const std::string& exchange) {
  ProducerOptions options = producerOn(exchange);
  options.maxMessageSize = segmentSize;
  return options;
}

QueueOptions ownQueue() {
  QueueOptions queue;
  queue.name = uniqueName("segments-queue");
  queue.arguments = {{"x-expires", std::int64_t{60'000}}};
  return queue;
}

}  // namespace

TEST_CASE("a matrix above the limit arrives whole, rows of a region of interest included") {
  const std::string exchange = uniqueName("segments");
  ConsumerOptions options = consumerOn(exchange);
  options.prefetch = 1;
  Consumer consumer(options);
  Producer producer(small(exchange));
  const cv::Mat whole = noise(700, 900, CV_8UC3);
  const cv::Mat region = whole(cv::Rect(11, 7, 801, 640));
  producer.sendImage(whole, ImageFormat::raw);
  producer.sendImage(region, ImageFormat::raw);
  producer.send("behind");
  CHECK(samePixels(consumer.receiveImage({}, 20s).image.mat, whole));
  CHECK(samePixels(consumer.receiveImage({}, 20s).image.mat, region));
  CHECK(consumer.receive(20s)->body.text() == "behind");
  producer.flush();
  const std::uint64_t segments =
      (700 * 900 * 3 + segmentSize - 1) / segmentSize + (801 * 640 * 3 + segmentSize - 1) / segmentSize;
  CHECK(producer.stats().segments == segments);
  CHECK(consumer.stats().segments == segments);
  CHECK(consumer.stats().openBytes == 0);
}

TEST_CASE("producers that send at once are told apart") {
  const std::string exchange = uniqueName("segments");
  ConsumerOptions options = consumerOn(exchange);
  options.queue = ownQueue();
  options.prefetch = 2;
  Consumer consumer(options);
  constexpr unsigned each = 6;
  std::vector<std::future<void>> producers;
  for (unsigned p = 0; p < 3; ++p) {
    producers.push_back(std::async(std::launch::async, [&, p] {
      Producer producer(small(exchange));
      for (unsigned i = 0; i < each; ++i) {
        producer.sendImage(noise(300 + static_cast<int>(p), 400, CV_8UC3, 10 * p + i), ImageFormat::raw);
      }
      producer.flush();
    }));
  }
  unsigned next[3] = {};
  for (unsigned n = 0; n < 3 * each; ++n) {
    const ReceivedImage received = consumer.receiveImage({}, 20s);
    const auto p = static_cast<unsigned>(received.image.mat.rows - 300);
    REQUIRE(p < 3);
    CHECK(samePixels(received.image.mat, noise(300 + static_cast<int>(p), 400, CV_8UC3, 10 * p + next[p]++)));
  }
  for (auto& producer : producers) producer.get();
}

TEST_CASE("consumers that tear the messages of a queue apart complete them all the same") {
  const std::string exchange = uniqueName("segments");
  ConsumerOptions options = consumerOn(exchange);
  options.queue = ownQueue();
  options.ack = AckMode::manual;
  options.prefetch = 4;
  Consumer first(options);
  Consumer second(options);
  Producer producer(small(exchange));
  for (unsigned i = 0; i < 4; ++i)
    producer.sendImage(noise(300, 400 + static_cast<int>(i), CV_8UC3, i), ImageFormat::raw);
  producer.flush();
  std::set<int> widths;
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (widths.size() < 4 && std::chrono::steady_clock::now() < until) {
    for (Consumer* consumer : {&first, &second}) {
      const std::string code = codeOf([&] {
        const ReceivedImage received = consumer->receiveImage({}, 100ms);
        const int width = received.image.mat.cols;
        CHECK(samePixels(received.image.mat, noise(300, width, CV_8UC3, static_cast<unsigned>(width - 400))));
        widths.insert(width);
        consumer->ack(*received.message);
      });
      CHECK((code == "TIMEOUT" || code == "nothing thrown"));
    }
  }
  CHECK(widths == std::set<int>{400, 401, 402, 403});
}
