// The bodies that test/data/hostile makes, as the build has written them.
#pragma once

#include <algorithm>
#include <matmq/message.hpp>
#include <sstream>

#include "amqp/wire/codec.hpp"
#include "support.hpp"

namespace support {

struct Hostile {
  std::string name;
  std::string code;
  Bytes header;  ///< the payload of its content header frame
  Bytes body;
};

inline std::vector<Hostile> hostileBodies() {
  const std::string folder = MATMQ_HOSTILE_FOLDER "/";
  std::ifstream index(folder + "index.tsv");
  std::vector<Hostile> bodies;
  for (std::string line; std::getline(index, line);) {
    std::istringstream fields(line);
    std::array<std::string, 5> field;  // number, bare or not, passes RabbitMQ or not, code, name
    for (std::string& text : field) std::getline(fields, text, '\t');
    bodies.push_back(
        {field[4], field[3], readFile(folder + field[0] + ".header"), readFile(folder + field[0] + ".body")});
  }
  REQUIRE(bodies.size() > 1000);
  return bodies;
}

/// What a consumer makes of it: first the properties, then the image.
inline void receive(const Hostile& hostile) {
  matmq::amqp::DecodePool pool;
  matmq::amqp::ContentHeader header = matmq::amqp::decodeContentHeader(view(hostile.header), pool);
  if (header.malformed) throw matmq::Error(*header.malformed);
  matmq::Message message;
  message.properties = std::move(header.properties);
  message.body = {nullptr, view(hostile.body)};
  static_cast<void>(matmq::decodeMessage(message));
}

}  // namespace support
