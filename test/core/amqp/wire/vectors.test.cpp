// The test vectors of docs/wire-format.md: read, and written to the octet.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <matmq/message.hpp>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "amqp/wire/codec.hpp"
#include "amqp/wire/envelope.hpp"
#include "base/crc32c.hpp"
#include "message/assembler.hpp"
#include "support/files.hpp"

using namespace matmq;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

std::span<const std::byte> octets(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string fromBase64(const std::string& text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

std::int64_t integer(const Json& value) {
  return value.is_string() ? std::stoll(value.get<std::string>()) : value.get<std::int64_t>();
}

/// What MatMQ makes of a field of that AMQP type.
FieldValue fieldOf(const Json& field) {
  const Json& value = field["value"];
  switch (field["type"].get<std::string>().front()) {
    case 'S':
      return {value.get<std::string>()};
    case 'x':
      return {ByteString{fromBase64(value.get<std::string>())}};
    case 't':
      return {value.get<bool>()};
    case 'f':
    case 'd':
      return {value.get<double>()};
    case 'D':
      return {value[1].get<double>() * std::pow(10.0, -value[0].get<int>())};
    case 'T':
      return {Timestamp{value.get<std::uint64_t>()}};
    case 'V':
      return {};
    case 'A': {
      FieldArray array;
      for (const Json& entry : value) array.push_back(fieldOf(entry));
      return {std::move(array)};
    }
    case 'F': {
      FieldTable table;
      for (const auto& [name, entry] : value.items()) table.emplace(name, fieldOf(entry));
      return {std::move(table)};
    }
    default:
      return {integer(value)};
  }
}

Properties propertiesOf(const Json& stated) {
  Properties p;
  const auto read = [&stated]<typename T>(const char* name, std::optional<T>& to) {
    if (stated.contains(name)) to = stated[name].get<T>();
  };
  read("content_type", p.contentType);
  read("content_encoding", p.contentEncoding);
  read("delivery_mode", p.deliveryMode);
  read("priority", p.priority);
  read("correlation_id", p.correlationId);
  read("reply_to", p.replyTo);
  read("expiration", p.expiration);
  read("message_id", p.messageId);
  read("timestamp", p.timestamp);
  read("type", p.type);
  read("user_id", p.userId);
  read("app_id", p.appId);
  if (stated.contains("headers")) {
    for (const auto& [name, field] : stated["headers"].items()) p.headers.emplace(name, fieldOf(field));
  }
  return p;
}

void checkSame(const Properties& actual, const Properties& expected) {
  CHECK(actual.contentType == expected.contentType);
  CHECK(actual.contentEncoding == expected.contentEncoding);
  CHECK(actual.deliveryMode == expected.deliveryMode);
  CHECK(actual.priority == expected.priority);
  CHECK(actual.correlationId == expected.correlationId);
  CHECK(actual.replyTo == expected.replyTo);
  CHECK(actual.expiration == expected.expiration);
  CHECK(actual.messageId == expected.messageId);
  CHECK(actual.timestamp == expected.timestamp);
  CHECK(actual.type == expected.type);
  CHECK(actual.userId == expected.userId);
  CHECK(actual.appId == expected.appId);
  CHECK((actual.headers == expected.headers));
}

struct Vector {
  explicit Vector(const fs::path& folder)
      : path(folder),
        stated(Json::parse(files::read(folder / "vector.json"))),
        header(files::read(folder / "header.bin")),
        body(files::read(folder / "body.bin")) {}

  [[nodiscard]] std::string file(const char* name) const { return files::read(path / name); }

  fs::path path;
  Json stated;
  std::string header;
  std::string body;
};

std::vector<Vector> vectors() {
  std::vector<Vector> all;
  for (const auto& entry : fs::directory_iterator(MATMQ_VECTORS_FOLDER)) {
    if (fs::exists(entry.path() / "vector.json")) all.emplace_back(entry.path());
  }
  return all;
}

std::string packed(const cv::Mat& image) {
  std::string bytes;
  for (int y = 0; y < image.rows; ++y) {
    bytes.append(image.ptr<char>(y), static_cast<std::size_t>(image.cols) * image.elemSize());
  }
  return bytes;
}

/// The matrix of a vector; one that is a part of a larger matrix, where the vector says so.
cv::Mat matrixOf(const Vector& vector) {
  const Json& expected = vector.stated["expect"]["matrix"];
  const std::string bytes = vector.file(fs::exists(vector.path / "source.bin") ? "source.bin" : "pixels.bin");
  const int rows = expected[0].get<int>();
  const int cols = expected[1].get<int>();
  cv::Mat image(rows, cols, *parseTypeName(expected[2].get<std::string>()));
  REQUIRE(bytes.size() == image.total() * image.elemSize());
  std::copy(bytes.begin(), bytes.end(), image.ptr<char>());
  const Json& send = vector.stated["send"];
  if (!send.contains("regionOf")) return image;
  const Json& region = send["regionOf"];
  cv::Mat larger(region["rows"].get<int>(), region["cols"].get<int>(), image.type(), cv::Scalar::all(77));
  cv::Mat part = larger(cv::Rect(region["x"].get<int>(), region["y"].get<int>(), cols, rows));
  image.copyTo(part);
  return part;
}

/// What a program asks for, to send this.
OutgoingMessage outgoing(const Vector& vector) {
  const Json& send = vector.stated["send"];
  const std::string kind = send["kind"];
  OutgoingMessage message;
  if (kind == "text") {
    message = textMessage(vector.body);
  } else if (kind == "binary") {
    message = binaryMessage(copyBytes(vector.body));
  } else if (kind == "eot") {
    message = eotMessage();
  } else {
    message = imageMessage(matrixOf(vector), nullptr, parseImageFormat(send["encoding"].get<std::string>()), {});
  }
  Properties program;
  const Properties all = propertiesOf(vector.stated["properties"]);
  if (send.contains("properties")) {
    program = all;
    program.headers.clear();
    for (const Json& name : send["headers"]) {
      program.headers.insert(*all.headers.find(name.get<std::string>()));
    }
  }
  addProperties(message, std::move(program));
  return message;
}

std::string bytesOf(const Payload& payload) {
  std::string bytes;
  for (std::size_t row = 0; row < payload.rows; ++row) {
    bytes.append(reinterpret_cast<const char*>(payload.data) + row * payload.step, payload.rowBytes);
  }
  return bytes;
}

/// The payload of the content header frame.
std::string contentHeader(std::size_t bodySize, const Properties& properties) {
  amqp::DecodePool pool;
  amqp::Bytes frame;
  amqp::appendContentHeader(frame, 1, bodySize, properties, pool, 131072);
  return {reinterpret_cast<const char*>(frame.data()) + amqp::frameHeaderSize, frame.size() - amqp::frameOverhead};
}

/// The encoder of another version may make other bytes of the same pixels; BMP and raw have one spelling.
bool oneSpelling(const Json& send) {
  const std::string encoding = send.value("encoding", "raw");
  return encoding == "raw" || encoding == ".bmp";
}

}  // namespace

TEST_CASE("vectors: each is read as it says") {
  const std::vector<Vector> all = vectors();
  REQUIRE(all.size() > 30);
  for (const Vector& vector : all) {
    CAPTURE(vector.path.string());
    amqp::DecodePool pool;
    const amqp::ContentHeader header = amqp::decodeContentHeader(octets(vector.header), pool);
    REQUIRE_FALSE(header.malformed);
    CHECK(header.bodySize == vector.body.size());
    checkSame(header.properties, propertiesOf(vector.stated["properties"]));

    const Json& expected = vector.stated["expect"];
    Message message;
    message.properties = header.properties;
    message.type = amqp::messageType(header.properties.type);
    message.body = {nullptr, octets(vector.body)};
    checkEotMark(message);
    CHECK(messageTypeName(message.type) == expected["type"].get<std::string>());
    CHECK(message.isEndOfTransmission() == expected["eot"].get<bool>());
    if (expected.contains("text")) CHECK(message.body.text() == expected["text"].get<std::string>());
    if (!expected.contains("matrix")) continue;
    const DecodedImage image = decodeMessage(message);
    CHECK(image.mat.rows == expected["matrix"][0].get<int>());
    CHECK(image.mat.cols == expected["matrix"][1].get<int>());
    CHECK(typeName(image.mat.type()) == expected["matrix"][2].get<std::string>());
    CHECK((packed(image.mat) == vector.file("pixels.bin")));
  }
}

TEST_CASE("vectors: what comes in segments is put together") {
  int read = 0;
  for (const Vector& vector : vectors()) {
    if (!vector.stated.contains("segments")) continue;
    CAPTURE(vector.path.string());
    Assembler assembler(Assembler::boundsFor(1 << 20));
    const std::size_t count = vector.stated["segments"].size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      const std::string body = vector.file(("body-" + number + ".bin").c_str());
      amqp::DecodePool pool;
      const std::string encoded = vector.file(("header-" + number + ".bin").c_str());
      amqp::ContentHeader header = amqp::decodeContentHeader(octets(encoded), pool);
      checkSame(header.properties, propertiesOf(vector.stated["segments"][i]));
      const std::optional<Segment> segment = readSegment(header.properties.headers, body.size());
      REQUIRE(segment);
      auto envelope = std::make_shared<Message>();
      envelope->number = i + 1;
      envelope->properties = std::move(header.properties);
      eraseSegment(envelope->properties.headers);
      std::byte* const to = assembler.begin(std::move(envelope), *segment, body.size(), {});
      REQUIRE(to != nullptr);
      std::ranges::copy(octets(body), to);
      assembler.finish();
    }
    const std::vector<Assembler::Ended> ended = assembler.takeEnded();
    REQUIRE(ended.size() == 1);
    CHECK((ended[0].how == Assembler::End::whole));
    CHECK(ended[0].message->body.text() == vector.body);
    checkSame(ended[0].message->properties, propertiesOf(vector.stated["properties"]));
    ++read;
  }
  CHECK(read > 0);
}

TEST_CASE("vectors: the segments of a message are written to the octet") {
  int written = 0;
  for (const Vector& vector : vectors()) {
    if (!vector.stated.contains("segments")) continue;
    CAPTURE(vector.path.string());
    const std::size_t count = vector.stated["segments"].size();
    const std::size_t size = vector.stated["send"]["segmentSize"].get<std::size_t>();
    Properties properties = propertiesOf(vector.stated["properties"]);
    std::uint32_t checksum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string body = vector.body.substr(i * size, size);
      CHECK(body == vector.file(("body-" + std::to_string(i) + ".bin").c_str()));
      checksum = crc32c(checksum, octets(body));
      Segment segment{i, count, i * size, vector.body.size(), std::nullopt};
      if (segment.last()) segment.checksum = checksum;
      writeSegment(properties.headers, segment);
      CHECK((contentHeader(body.size(), properties) == vector.file(("header-" + std::to_string(i) + ".bin").c_str())));
    }
    ++written;
  }
  CHECK(written > 0);
}

TEST_CASE("vectors: each is written to the octet") {
  int written = 0;
  for (const Vector& vector : vectors()) {
    if (!vector.stated.contains("send")) continue;
    CAPTURE(vector.path.string());
    QueuedMessage queued;
    queued.sequence = 1;
    queued.acceptedAt = integer(vector.stated["properties"]["headers"]["sent-at"]["value"]);
    OutgoingMessage message = outgoing(vector);
    const auto* const job = std::get_if<ImageToEncode>(&message.body);
    queued.type = message.type;
    queued.body = job != nullptr ? encodedBody(*job) : std::get<Payload>(message.body);
    queued.stated = std::make_unique<const Properties>(std::move(message.properties));
    const std::string body = bytesOf(queued.body);
    if (oneSpelling(vector.stated["send"])) {
      CHECK((body == vector.body));
    } else {
      const cv::Mat image = decodeImage(octets(body));
      CHECK((packed(image) == vector.file("pixels.bin")));
    }
    const amqp::Sender sender{"camera-1", "0123456789abcdef", false};
    CHECK((contentHeader(vector.body.size(), amqp::wireProperties(queued, sender)) == vector.header));
    ++written;
  }
  CHECK(written > 25);
}
