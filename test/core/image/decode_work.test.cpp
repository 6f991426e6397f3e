// What a decode may take: its time, its stop, and its memory among all decodes.
#include "image/decode_work.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <matmq/message.hpp>
#include <stop_token>
#include <thread>

#include "image/codec_memory.hpp"
#include "image/codecs.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using matmq::codec::CodecMemory;
using support::Bytes;

namespace {

struct Large {
  const char* name;
  Bytes body;
};

/// Each takes some tens of milliseconds, in several thousand rows or parts.
const std::vector<Large>& largeBodies() {
  static const std::vector<Large> bodies = [] {
    const cv::Mat image = support::picture(3000, 2000, CV_8UC3);
    cv::Mat run(3000, 2000, CV_8UC1);
    for (int y = 0; y < run.rows; ++y) run.row(y).setTo(y % 2);
    return std::vector<Large>{
        {"png", support::openCvEncodes(".png", image)},
        {"jpeg", support::openCvEncodes(".jpg", image)},
        {"progressive jpeg", support::openCvEncodes(".jpg", image, {cv::IMWRITE_JPEG_PROGRESSIVE, 1})},
        {"webp", support::openCvEncodes(".webp", image(cv::Rect(0, 0, 1000, 1000)))},
        {"lossy webp", support::openCvEncodes(".webp", image, {cv::IMWRITE_WEBP_QUALITY, 90})},
        {"bmp", support::openCvEncodes(".bmp", image)},
        {"tiff", support::openCvEncodes(".tiff", image)},
        {"pnm", support::openCvEncodes(".ppm", image)},
    };
  }();
  return bodies;
}

matmq::DecodeOptions all() {
  matmq::DecodeOptions options;
  options.formats = support::allFormats;
  return options;
}

}  // namespace

TEST_CASE("a decode ends when its time is over, in every format, and says which limit it was") {
  for (const auto& [name, body] : largeBodies()) {
    CAPTURE(name);
    matmq::DecodeOptions options = all();
    options.limits.decodeTime = 0ms;
    CHECK(support::codeOfDecoding(body, options) == "LIMIT_EXCEEDED");
    CHECK(support::contains(
        support::messageOf([&] { static_cast<void>(matmq::decodeImage(support::view(body), options)); }),
        "limits.decodeTime"));
    options.limits.decodeTime = 60s;
    CHECK(support::codeOfDecoding(body, options).empty());
  }
}

TEST_CASE("a decode ends when its stop is requested, in every format") {
  for (const auto& [name, body] : largeBodies()) {
    CAPTURE(name);
    matmq::DecodeOptions options = all();
    std::stop_source stop;
    options.stop = stop.get_token();
    CHECK(support::codeOfDecoding(body, options).empty());
    stop.request_stop();
    CHECK(support::codeOfDecoding(body, options) == "CANCELLED");
  }
}

TEST_CASE("a decode that was stopped is no damaged image") {
  for (const auto& [name, body] : largeBodies()) {
    CAPTURE(name);
    matmq::DecodeOptions options = all();
    options.damaged = matmq::DamagedImage::keep;
    options.limits.decodeTime = 0ms;
    CHECK(support::codeOfDecoding(body, options) == "LIMIT_EXCEEDED");
  }
}

TEST_CASE("the memory of decodes is given in the order in which it is asked for, and waits for room") {
  CodecMemory memory(100);
  auto first = memory.take(60, {});
  REQUIRE(first);
  std::latch asked(1);
  std::atomic<int> given = 0;
  auto large = std::async(std::launch::async, [&] {
    asked.count_down();
    const auto share = memory.take(100, {});  // waits for the first
    return ++given;
  });
  asked.wait();
  std::this_thread::yield();
  first.reset();
  CHECK(large.get() == 1);
  CHECK(memory.take(100, {}));  // all of it is there again
}

TEST_CASE("a small decode does not pass a large one that waits") {
  CodecMemory memory(100);
  auto held = memory.take(50, {});
  std::stop_source stop;
  auto large = std::async(std::launch::async, [&] { return memory.take(80, stop.get_token()).has_value(); });
  while (memory.waiting() < 1) std::this_thread::yield();
  auto small = std::async(std::launch::async, [&] { return memory.take(10, {}).has_value(); });
  while (memory.waiting() < 2) std::this_thread::yield();
  stop.request_stop();  // the large one gives up: then there is room for the small one
  CHECK_FALSE(large.get());
  CHECK(small.get());
}

TEST_CASE("what is more than there will ever be is refused, and names the setting") {
  CodecMemory memory(100);
  const std::string message = support::messageOf([&] { static_cast<void>(memory.take(101, {})); });
  CHECK(support::contains(message, "setCodecMemory"));
  memory.resize(101);
  CHECK(memory.take(101, {}));
  CHECK(support::codeOf([] { matmq::setCodecMemory(matmq::leastCodecMemory - 1); }) == "INVALID_ARGUMENT");
}

TEST_CASE("every format takes its memory from that of all decodes") {
  const std::uint64_t before = matmq::codecMemory();
  matmq::setCodecMemory(matmq::leastCodecMemory);
  for (const auto& [name, body] : largeBodies()) {
    if (std::string(name) == "webp") continue;  // of a million pixels
    CAPTURE(name);
    CHECK(support::codeOfDecoding(body, all()) == "LIMIT_EXCEEDED");
  }
  const cv::Mat raw = support::picture(3000, 2000, CV_8UC3);
  matmq::DecodeOptions gray;
  gray.mode = matmq::DecodeMode::grayscale;
  CHECK(support::codeOf([&] { static_cast<void>(matmq::codec::rawAsWanted(raw, gray)); }) == "LIMIT_EXCEEDED");
  matmq::setCodecMemory(before);
  for (const auto& [name, body] : largeBodies()) CHECK(support::codeOfDecoding(body, all()).empty());
}

TEST_CASE("a reduced JPEG takes the memory of what comes out, not of what is in the file") {
  const std::uint64_t before = matmq::codecMemory();
  matmq::setCodecMemory(matmq::leastCodecMemory);
  matmq::DecodeOptions options = all();
  options.reduce = 8;
  CHECK(support::codeOfDecoding(largeBodies()[1].body, options).empty());
  matmq::setCodecMemory(before);
}

TEST_CASE("there may be no limit of time") {
  matmq::DecodeOptions options = all();
  options.limits.decodeTime = std::chrono::milliseconds::max();
  for (const auto& [name, body] : largeBodies()) {
    CAPTURE(name);
    CHECK(support::codeOfDecoding(body, options).empty());
  }
}

TEST_CASE("a decode of no pixels ends in time, too: chunks of a PNG, jumps of a BMP") {
  matmq::DecodeOptions options = all();
  options.limits.decodeTime = 0ms;
  Bytes png = support::openCvEncodes(".png", support::picture(4, 4, CV_8UC3));
  const Bytes end(png.end() - 12, png.end());
  png.resize(png.size() - 12);
  const Bytes empty{0, 0, 0, 0, 't', 'E', 'X', 't', 0xBF, 0xF5, 0x0F, 0x68};
  for (int i = 0; i < 100'000; ++i) png.insert(png.end(), empty.begin(), empty.end());
  png.insert(png.end(), end.begin(), end.end());
  CHECK(support::codeOfDecoding(png, options) == "LIMIT_EXCEEDED");

  Bytes bmp = support::openCvEncodes(".bmp", support::picture(16, 16, CV_8UC1));
  bmp.resize(14 + 40 + 1024);
  bmp[30] = 1;  // run lengths
  for (int i = 0; i < 100'000; ++i) bmp.insert(bmp.end(), {0, 2, 0, 0});
  bmp.insert(bmp.end(), {0, 1});
  CHECK(support::codeOfDecoding(bmp, options) == "LIMIT_EXCEEDED");
  options.limits.decodeTime = 60s;
  CHECK(support::codeOfDecoding(png, options).empty());
  CHECK(support::codeOfDecoding(bmp, options).empty());
}
