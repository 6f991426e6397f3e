#include "support.hpp"

using support::codeOf;

namespace {

std::string codeOfView(std::size_t bytes, std::int64_t rows, std::int64_t cols, std::string_view type,
                       const matmq::ImageLimits& limits = {}) {
  const support::Bytes body(bytes);
  return codeOf([&] { static_cast<void>(matmq::viewRaw(support::view(body), rows, cols, type, limits)); });
}

}  // namespace

TEST_CASE("a raw matrix is a view of the body, not a copy") {
  const cv::Mat image = support::picture(3, 5, CV_16SC(6));
  const support::Bytes body(image.data, image.data + image.total() * image.elemSize());
  const cv::Mat seen = matmq::viewRaw(support::view(body), 3, 5, "CV_16SC(6)");
  CHECK(seen.data == body.data());
  CHECK(support::same(seen, image));
}

TEST_CASE("a raw body must have exactly the bytes its headers say") {
  CHECK(codeOfView(24, 2, 3, "CV_8UC4") == "");
  CHECK(codeOfView(23, 2, 3, "CV_8UC4") == "CANNOT_DECODE");
  CHECK(codeOfView(25, 2, 3, "CV_8UC4") == "CANNOT_DECODE");
  CHECK(codeOfView(28, 2, 3, "CV_8UC4") == "CANNOT_DECODE");
  CHECK(codeOfView(0, 2, 3, "CV_8UC4") == "CANNOT_DECODE");
  CHECK(support::messageOf([] {
          const support::Bytes body(23);
          static_cast<void>(matmq::viewRaw(support::view(body), 2, 3, "CV_8UC4"));
        }) ==
        "Expected a body of 2 * 3 * 4 bytes for a raw CV_8UC4 matrix but received 23 bytes: the headers and the body "
        "do not "
        "belong together");
}

TEST_CASE("raw headers that cannot be are refused") {
  CHECK(codeOfView(0, 0, 3, "CV_8UC1") == "CANNOT_DECODE");
  CHECK(codeOfView(0, 3, 0, "CV_8UC1") == "CANNOT_DECODE");
  CHECK(codeOfView(6, -2, -3, "CV_8UC1") == "CANNOT_DECODE");
  CHECK(codeOfView(6, 2, 3, "CV_8U") == "CANNOT_DECODE");
  CHECK(codeOfView(6, 2, 3, std::string(1 << 20, 'C')) == "CANNOT_DECODE");
  CHECK(codeOfView(12, 2, 3, "CV_16FC1") == "CANNOT_DECODE");
}

TEST_CASE("raw dimensions whose product leaves 64 bits are found") {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr matmq::ImageLimits none{.pixels = ~0ULL, .decodedBytes = ~0ULL};
  CHECK(codeOfView(6, most, most, "CV_64FC(512)") == "LIMIT_EXCEEDED");
  CHECK(codeOfView(6, most, most, "CV_64FC(512)", none) == "LIMIT_EXCEEDED");
  CHECK(codeOfView(6, most, 1, "CV_8UC1", none) == "CANNOT_DECODE");
  CHECK(codeOfView(0, 1LL << 32, 1LL << 32, "CV_8UC1", none) ==
        "LIMIT_EXCEEDED");  // the product is 2^64, which wraps to 0
  CHECK(codeOfView(0, 2147483647, 2147483647, "CV_64FC(512)", none) == "LIMIT_EXCEEDED");
}

TEST_CASE("raw matrices are held against the limits") {
  CHECK(codeOfView(6, 2, 3, "CV_8UC1", {.pixels = 6}) == "");
  CHECK(codeOfView(6, 2, 3, "CV_8UC1", {.pixels = 5}) == "LIMIT_EXCEEDED");
  CHECK(codeOfView(12, 2, 3, "CV_16UC1", {.decodedBytes = 12}) == "");
  CHECK(codeOfView(12, 2, 3, "CV_16UC1", {.decodedBytes = 11}) == "LIMIT_EXCEEDED");
}
