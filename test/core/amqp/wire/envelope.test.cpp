// What the broker says of itself.
#include "amqp/wire/envelope.hpp"

#include <doctest/doctest.h>

using namespace matmq::amqp;

TEST_CASE("the largest body that a broker takes is known from its product and version") {
  constexpr std::uint64_t mebibyte = 1024 * 1024;
  for (const char* version : {"4.0.5", "4.0.0-rc.1", "4.1.0", "4", "10.2.1"}) {
    CAPTURE(version);
    CHECK(maxMessageSize("RabbitMQ", version) == 16 * mebibyte);
  }
  for (const char* version : {"3.8.0", "3.9.1", "3.10.8", "3.13.7", "3.13"}) {
    CAPTURE(version);
    CHECK(maxMessageSize("RabbitMQ", version) == 128 * mebibyte);
  }
  for (const char* version : {"3.7.28", "3", "2.8.7", "", "unknown"}) {
    CAPTURE(version);
    CHECK(maxMessageSize("RabbitMQ", version) == 512 * mebibyte);
  }
  CHECK(maxMessageSize("another broker", "4.0.5") == 512 * mebibyte);
  CHECK(maxMessageSize("", "") == 512 * mebibyte);
}
