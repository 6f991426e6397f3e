#include <set>
#include <thread>

#include "support.hpp"

TEST_CASE("every error code has a name of its own, in upper snake case") {
  std::set<std::string_view> names;
  const auto last = static_cast<int>(matmq::ErrorCode::invalidArgument);
  for (int code = 0; code <= last; ++code) {
    const std::string_view name = matmq::errorCodeName(static_cast<matmq::ErrorCode>(code));
    CHECK(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos);
    CHECK(names.insert(name).second);
  }
  CHECK(matmq::errorCodeName(matmq::ErrorCode::connectTimeout) == "CONNECT_TIMEOUT");
  CHECK(matmq::errorKind(matmq::ErrorCode::notAnImage) == matmq::ErrorKind::image);
  CHECK(matmq::errorKind(matmq::ErrorCode::unroutable) == matmq::ErrorKind::publish);
  const matmq::Error error(matmq::ErrorCode::accessRefused, "no", 403);
  CHECK(error.codeName() == "ACCESS_REFUSED");
  CHECK(error.kind() == matmq::ErrorKind::channel);
  CHECK(error.replyCode() == 403);
}

TEST_CASE("copied bytes outlive what they were copied from") {
  matmq::SharedBytes kept;
  {
    std::string text = "frame\0one";
    kept = matmq::copyBytes(text);
    text.assign(text.size(), '-');
  }
  CHECK(kept.text() == "frame");
  CHECK(matmq::copyBytes(std::string_view()).size() == 0);
  CHECK(matmq::contiguous(kept).size() == 5);
}

TEST_CASE("encoded bytes live until the last owner lets go, on any thread") {
  matmq::SharedBytes bytes = matmq::encodeImage(support::picture(20, 20, CV_8UC3), matmq::ImageFormat::jpeg);
  const support::Bytes before = support::copy(bytes);
  const matmq::SharedBytes other = bytes;
  bytes = {};
  std::thread([kept = other, &before] { CHECK(support::copy(kept) == before); }).join();
}

TEST_CASE("codecs run on many threads at once") {
  const cv::Mat image = support::picture(90, 120, CV_8UC3);
  const auto work = [&image] {
    for (const auto format :
         {matmq::ImageFormat::png, matmq::ImageFormat::jpeg, matmq::ImageFormat::webp, matmq::ImageFormat::bmp}) {
      for (int round = 0; round < 3; ++round) {
        const cv::Mat decoded = matmq::decodeImage(matmq::encodeImage(image, format).view);
        if (format != matmq::ImageFormat::jpeg && !support::same(decoded, image))
          throw std::runtime_error("not the same");
      }
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(work);
}
