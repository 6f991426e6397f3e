// Messages that are used again are as new ones.
#include "message/message_pool.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace matmq;

TEST_CASE("a message that is used again has nothing of the one before, and holds none of its memory") {
  const auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> body = owner;
  {
    auto message = message_pool::make();
    message->body = {std::shared_ptr<const void>(owner, owner.get()), {}};
    message->exchange = "frames";
    message->routingKey = "camera.1";
    message->deliveryTag = 7;
    message->properties.messageId = "a-1";
    message->properties.headers = {{"k", std::int64_t{1}}};
    message->encodedProperties = std::string(100'000, 'p');
    message->type = MessageType::image;
    message->number = 9;
    message->redelivered = true;
    message->error = Error(ErrorCode::limitExceeded, "too large");
  }
  CHECK(owner.use_count() == 1);
  REQUIRE(message_pool::idle() > 0);
  const auto again = message_pool::make();
  CHECK(again->body.owner == nullptr);
  CHECK(again->exchange.empty());
  CHECK(again->routingKey.empty());
  CHECK(again->deliveryTag == 0);
  CHECK_FALSE(again->properties.messageId);
  CHECK(again->properties.headers.empty());
  CHECK(again->encodedProperties.empty());
  CHECK(again->encodedProperties.capacity() <= message_pool::maxText);
  CHECK(again->type == MessageType::unmarked);
  CHECK(again->number == 0);
  CHECK_FALSE(again->redelivered);
  CHECK_FALSE(again->error);
}

TEST_CASE("no more messages are kept than the bound, whoever releases them") {
  std::vector<std::shared_ptr<Message>> many;
  for (std::size_t i = 0; i < 2 * message_pool::maxIdle; ++i) many.push_back(message_pool::make());
  std::thread([&] { many.clear(); }).join();
  CHECK(message_pool::idle() == message_pool::maxIdle);
}
