// The bodies of test/hostile: each ends in the error that its script says, soon, and takes no memory to speak of.
#include <algorithm>
#include <matmq/message.hpp>
#include <sstream>

#include "amqp/codec.hpp"
#include "cost.hpp"
#include "support.hpp"

using support::Bytes;

namespace {

struct Hostile {
  std::string name;
  std::string code;
  Bytes header;  ///< the payload of its content header frame
  Bytes body;
};

std::vector<Hostile> hostileBodies() {
  const std::string folder = MATMQ_HOSTILE_FOLDER "/";
  std::ifstream index(folder + "index.tsv");
  std::vector<Hostile> bodies;
  for (std::string line; std::getline(index, line);) {
    std::istringstream fields(line);
    std::array<std::string, 5> field;  // number, bare or not, passes RabbitMQ or not, code, name
    for (std::string& text : field) std::getline(fields, text, '\t');
    bodies.push_back({field[4], field[3], support::readFile(folder + field[0] + ".header"),
                      support::readFile(folder + field[0] + ".body")});
  }
  return bodies;
}

/// What a consumer makes of it: first the properties, then the image.
void receive(const Hostile& hostile) {
  matmq::amqp::DecodePool pool;
  matmq::amqp::ContentHeader header = matmq::amqp::decodeContentHeader(support::view(hostile.header), pool);
  if (header.malformed) throw matmq::Error(*header.malformed);
  matmq::Message message;
  message.properties = std::move(header.properties);
  message.body = {nullptr, support::view(hostile.body)};
  static_cast<void>(matmq::decodeMessage(message));
}

}  // namespace

TEST_CASE("hostile: every body ends in its error, soon, and takes little memory") {
  const std::vector<Hostile> bodies = hostileBodies();
  REQUIRE(bodies.size() > 1000);
  std::chrono::nanoseconds slowest{0};
  long largest = 0;
  for (const Hostile& hostile : bodies) {
    CAPTURE(hostile.name);
    // The processor time of this thread, and the best of three: a busy machine makes neither.
    std::chrono::nanoseconds best = std::chrono::hours(1);
    long memory = 0;
    for (int attempt = 0; attempt < 3 && best > support::soon; ++attempt) {
      const auto start = support::cpuTime();
      memory = support::memoryOf([&] { CHECK(support::codeOf([&] { receive(hostile); }) == hostile.code); });
      best = std::min<std::chrono::nanoseconds>(best, support::cpuTime() - start);
    }
    CHECK(best < support::soon);
    CHECK(memory < support::little);
    slowest = std::max(slowest, best);
    largest = std::max(largest, memory);
  }
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(slowest).count();
  MESSAGE(bodies.size() << " bodies; the slowest took " << microseconds << " us of processor time, the largest "
                        << largest << " KiB");
}
