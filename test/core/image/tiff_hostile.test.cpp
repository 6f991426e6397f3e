// TIFF bodies that mean harm: found by our own reading of the first directory, mostly before libtiff is loaded.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tiff_files.hpp"

using support::Bytes;

namespace {

std::string code(const Bytes& body, matmq::DecodeOptions options = {}) {
  options.formats = support::withTiff;
  return support::codeOfDecoding(body, options);
}

std::string message(const Bytes& body) {
  return support::messageOf(
      [&] { static_cast<void>(matmq::decodeImage(support::view(body), {.formats = support::withTiff})); });
}

/// The plain image with one entry changed, or added.
Bytes with(support::TiffEntry entry) {
  auto entries = support::plainEntries();
  for (auto& known : entries) {
    if (known.tag == entry.tag) {
      known = entry;
      return support::rawTiff(entries, Bytes(1000));
    }
  }
  entries.push_back(entry);
  return support::rawTiff(entries, Bytes(1000));
}

Bytes tiled(std::uint32_t width, std::uint32_t height, std::uint32_t sides) {
  return support::rawTiff({{256, 4, 1, sides},
                           {257, 4, 1, sides},
                           {258, 3, 1, 8},
                           {259, 3, 1, 8},
                           {262, 3, 1, 1},
                           {277, 3, 1, 1},
                           {322, 4, 1, width},
                           {323, 4, 1, height},
                           {324, 4, 1, 512},
                           {325, 4, 1, 256}},
                          Bytes(1000));
}

}  // namespace

TEST_CASE("hostile TIFF: the plain image that the others are made of is whole") {
  CHECK(code(support::rawTiff(support::plainEntries(), Bytes(1000))) == "");
  CHECK(code(with({274, 3, 1, 6})) == "");
}

TEST_CASE("hostile TIFF: a body that is cut anywhere is refused") {
  for (const support::TiffFile& file : {support::TiffFile{.compression = 1},
                                        {.samples = 3, .photometric = 2, .compression = 5, .predictor = 2},
                                        {.bits = 16, .compression = 8, .tile = 16},
                                        {.bits = 8, .photometric = 3, .compression = 32773, .bigEndian = true}}) {
    const Bytes whole = support::writeTiff(file);
    REQUIRE(code(whole) == "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      const std::string found = code(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
      // The values of the last tags lie at the end; a tag that MatMQ does not read may be cut.
      CHECK((found == "CANNOT_DECODE" || found == "NOT_AN_IMAGE"));
    }
  }
}

TEST_CASE("hostile TIFF: a body with any byte damaged is an image or an error, and nothing else") {
  for (const support::TiffFile& file :
       {support::TiffFile{.width = 9, .height = 5, .samples = 3, .photometric = 2, .predictor = 2},
        {.width = 9, .height = 5, .bits = 16, .compression = 8, .tile = 16},
        {.width = 9, .height = 5, .photometric = 3, .compression = 32773}}) {
    const Bytes whole = support::writeTiff(file);
    for (std::size_t at = 4; at < whole.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        Bytes body = whole;
        body[at] = static_cast<std::uint8_t>(value);
        const std::string found = code(body);
        CHECK((found.empty() || found == "CANNOT_DECODE" || found == "LIMIT_EXCEEDED"));
      }
    }
  }
}

TEST_CASE("hostile TIFF: directories and values outside the body, twice, or without end") {
  const Bytes plain = support::rawTiff(support::plainEntries(), Bytes(1000));
  const auto at4 = [&](std::uint32_t offset) {
    Bytes body = plain;
    for (unsigned i = 0; i < 4; ++i) body[4 + i] = static_cast<std::uint8_t>(offset >> (8 * i) & 0xFF);
    return code(body);
  };
  for (const std::uint32_t offset : {0U, 4U, 1100U, 0x7FFFFFFFU, 0xFFFFFFF0U, 0xFFFFFFFFU}) {
    CAPTURE(offset);
    CHECK(at4(offset) == "CANNOT_DECODE");
  }
  // A next directory that is the first again, or none: only the first is read.
  CHECK(code(support::rawTiff(support::plainEntries(), Bytes(1000), 8)) == "");
  CHECK(code(support::rawTiff(support::plainEntries(), Bytes(1000), 0xFFFFFFFF)) == "");
  auto twice = support::plainEntries();
  twice.push_back({256, 4, 1, 16});
  CHECK(support::contains(message(support::rawTiff(twice, Bytes(1000))), "twice"));
  Bytes many = plain;
  many[8] = 0xFF;  // entries
  many[9] = 0xFF;
  CHECK(code(many) == "CANNOT_DECODE");
  CHECK(code(with({273, 4, 0xFFFFFFFF, 8})) == "CANNOT_DECODE");
  CHECK(code(with({273, 4, 300, 8})) == "CANNOT_DECODE");
  CHECK(code(with({273, 4, 0, 512})) == "CANNOT_DECODE");
  CHECK(code(with({273, 5, 1, 512})) == "CANNOT_DECODE");
  CHECK(code(with({258, 3, 0x40000000, 8})) == "CANNOT_DECODE");
  CHECK(code(with({258, 3, 5, 600})) == "CANNOT_DECODE");
}

TEST_CASE("hostile TIFF: sizes that lie are found before memory is taken") {
  CHECK(code(with({256, 4, 1, 0})) == "CANNOT_DECODE");
  CHECK(code(with({257, 4, 1, 0})) == "CANNOT_DECODE");
  CHECK(code(with({256, 4, 1, 17})) == "CANNOT_DECODE");  // 256 bytes are too few for it
  CHECK(code(with({257, 4, 1, 17})) == "CANNOT_DECODE");  // a second strip, which is not there
  CHECK(code(with({278, 4, 1, 0})) == "CANNOT_DECODE");
  CHECK(code(with({279, 4, 1, 0})) == "CANNOT_DECODE");
  CHECK(code(with({279, 4, 1, 100000})) == "CANNOT_DECODE");
  CHECK(code(with({273, 4, 1, 0xFFFFFF00})) == "CANNOT_DECODE");
  CHECK(code(with({256, 4, 1, 0xFFFFFFFF})) == "CANNOT_DECODE");
  auto bomb = support::plainEntries();
  bomb[0].value = 0x7FFFFFFF;
  bomb[1].value = 0x7FFFFFFF;
  bomb[7].value = 0xFFFFFFFF;
  CHECK(code(support::rawTiff(bomb, Bytes(1000))) == "CANNOT_DECODE");  // that many bytes are not there
  bomb[3].value = 5;                                                    // but packed, who knows
  CHECK(code(support::rawTiff(bomb, Bytes(1000))) == "LIMIT_EXCEEDED");
  bomb[0].value = 11000;
  bomb[1].value = 11000;  // within the limits
  CHECK(code(support::rawTiff(bomb, Bytes(1000))) == "CANNOT_DECODE");
  const Bytes wide = with({256, 4, 1, 16});
  CHECK(code(wide, {.limits = {.pixels = 255}}) == "LIMIT_EXCEEDED");
  CHECK(code(wide, {.limits = {.decodedBytes = 255}}) == "LIMIT_EXCEEDED");
  CHECK(code(wide, {.mode = matmq::DecodeMode::color, .limits = {.decodedBytes = 767}}) == "LIMIT_EXCEEDED");
}

TEST_CASE("hostile TIFF: a row counts beside the pixels, even where the image is smaller as grey") {
  const Bytes body = support::writeTiff({.width = 200000, .height = 1, .bits = 16, .samples = 4, .photometric = 2});
  const auto within = [&](std::uint64_t bytes) {
    return code(body, {.mode = matmq::DecodeMode::grayscale, .limits = {.decodedBytes = bytes}});
  };
  CHECK(within(1799999) == "LIMIT_EXCEEDED");
  CHECK(within(1800000) == "");
}

TEST_CASE("hostile TIFF: a huge tile of a small image takes no memory") {
  for (const auto& [width, height] : {std::pair{0x10000U, 0x10000U},
                                      {0xFFFFFFF0U, 0xFFFFFFF0U},
                                      {0xFFFFFFF0U, 16U},
                                      {16U, 0xFFFFFFF0U},
                                      {4096U, 4096U}}) {
    CAPTURE(width);
    CAPTURE(height);
    CHECK(support::contains(message(tiled(width, height, 16)), "tiles of at most"));
  }
  for (const auto& [width, height] : {std::pair{0U, 16U}, {16U, 0U}, {15U, 16U}, {17U, 16U}}) {
    CHECK(code(tiled(width, height, 16)) == "CANNOT_DECODE");
  }
  CHECK(code(tiled(16, 16, 0x40000000)) != "");
}

TEST_CASE("hostile TIFF: what libtiff says is in the error, as printable text, and nowhere else") {
  Bytes damaged = support::writeTiff({.compression = 8});
  std::fill(damaged.begin() + 8, damaged.begin() + 60, std::uint8_t{0xAA});
  auto unknown = support::plainEntries();
  unknown.push_back({65000, 2, 4, 0x41414141});  // of which libtiff warns
  std::FILE* const captured = std::tmpfile();
  REQUIRE(captured != nullptr);
  const int terminal = dup(STDERR_FILENO);
  REQUIRE(dup2(fileno(captured), STDERR_FILENO) == STDERR_FILENO);
  const std::string text = message(damaged);
  const std::string warned = code(support::rawTiff(unknown, Bytes(1000)));
  REQUIRE(dup2(terminal, STDERR_FILENO) == STDERR_FILENO);
  close(terminal);
  CHECK(std::fseek(captured, 0, SEEK_END) == 0);
  CHECK(std::ftell(captured) == 0);
  CHECK(std::fclose(captured) == 0);
  CHECK(support::contains(text, "libtiff says '"));
  for (const char c : text) CHECK((c >= ' ' && c <= '~'));
  CHECK(warned == "");
}
