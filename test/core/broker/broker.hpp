// What the tests with a broker share: its URL, and names nobody else uses.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <matmq/engine/async_consumer.hpp>
#include <matmq/engine/async_producer.hpp>
#include <matmq/matmq.hpp>
#include <opencv2/core.hpp>
#include <random>
#include <string>

namespace support {

inline std::string brokerUrl() {
  const char* url = std::getenv("AMQP_URL");
  REQUIRE_MESSAGE(url != nullptr, "AMQP_URL names the broker");
  return url;
}

/// "amqp", or "amqps" when the broker is to be spoken to by TLS.
inline std::string scheme() { return brokerUrl().substr(0, brokerUrl().find(':')); }

/// What MATMQ_CA names: the authority of the broker's certificate. Nothing without TLS.
inline std::optional<matmq::TlsOptions> brokerTls() {
  if (scheme() != "amqps") return std::nullopt;
  const char* ca = std::getenv("MATMQ_CA");
  REQUIRE_MESSAGE(ca != nullptr, "MATMQ_CA names the authority of the broker's certificate");
  matmq::TlsOptions tls;
  tls.ca = matmq::PemSource{ca, {}};
  return tls;
}

inline std::string uniqueName(const std::string& stem) {
  static const unsigned run = std::random_device{}();
  static std::atomic<int> next{0};
  return stem + "-" + std::to_string(run) + "-" + std::to_string(++next);
}

inline matmq::ProducerOptions producerOn(const std::string& exchange, const std::string& type = "fanout") {
  matmq::ProducerOptions options;
  options.url = {brokerUrl()};
  options.tls = brokerTls();
  options.exchange = exchange;
  options.exchangeType = type;
  return options;
}

inline matmq::ConsumerOptions consumerOn(const std::string& exchange, const std::string& type = "fanout") {
  matmq::ConsumerOptions options;
  options.url = {brokerUrl()};
  options.tls = brokerTls();
  options.exchange = exchange;
  options.exchangeType = type;
  return options;
}

/// The code of the Error that `call` throws, or "nothing thrown".
template <typename Call>
std::string codeOf(Call&& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const matmq::Error& error) {
    if (message != nullptr) *message = error.what();
    return std::string(error.codeName());
  }
  return "nothing thrown";
}

inline bool samePixels(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return false;
  const std::size_t row = static_cast<std::size_t>(a.cols) * a.elemSize();
  for (int y = 0; y < a.rows; ++y) {
    if (!std::equal(a.ptr(y), a.ptr(y) + row, b.ptr(y))) return false;
  }
  return true;
}

/// Noise, the same for the same seed.
inline cv::Mat noise(int rows, int cols, int type, unsigned seed = 1) {
  cv::Mat image(rows, cols, type);
  std::minstd_rand random(seed);
  for (int y = 0; y < rows; ++y) {
    for (std::size_t x = 0; x < static_cast<std::size_t>(cols) * image.elemSize(); ++x) {
      image.ptr(y)[x] = static_cast<unsigned char>(random() >> 8);
    }
  }
  return image;
}

}  // namespace support
