// Bodies that mean harm, or were harmed: each is an Error, soon, and takes no memory to speak of.
#include <chrono>

#include "cost.hpp"
#include "support.hpp"

using support::Bytes;
using support::little;
using support::memoryOf;
using support::soon;

namespace {

std::vector<std::pair<const char*, Bytes>> wholeBodies() {
  std::vector<std::pair<const char*, Bytes>> bodies;
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4}) {
    const cv::Mat image = support::picture(13, 17, type);
    bodies.emplace_back("png", support::openCvEncodes(".png", image));
    bodies.emplace_back("webp", support::openCvEncodes(".webp", image));
    bodies.emplace_back("lossy webp", support::openCvEncodes(".webp", image, {cv::IMWRITE_WEBP_QUALITY, 80}));
    bodies.emplace_back("bmp", support::openCvEncodes(".bmp", image));
    if (type == CV_8UC4) continue;
    bodies.emplace_back("jpeg", support::openCvEncodes(".jpg", image));
    bodies.emplace_back("progressive jpeg", support::openCvEncodes(".jpg", image, {cv::IMWRITE_JPEG_PROGRESSIVE, 1}));
    bodies.emplace_back("jpeg with restarts",
                        support::openCvEncodes(".jpg", image, {cv::IMWRITE_JPEG_RST_INTERVAL, 1}));
  }
  bodies.emplace_back(
      "interlaced palette png",
      support::writePng({.colorType = PNG_COLOR_TYPE_PALETTE, .interlace = PNG_INTERLACE_ADAM7, .transparency = true}));
  return bodies;
}

bool isRefusal(const std::string& code) {
  return code == "CANNOT_DECODE" || code == "NOT_AN_IMAGE" || code == "LIMIT_EXCEEDED";
}

std::chrono::milliseconds timeToRefuse(const Bytes& body, const std::string& expected,
                                       const matmq::DecodeOptions& options = {}) {
  const auto start = support::cpuTime();
  CHECK(support::codeOfDecoding(body, options) == expected);
  return std::chrono::duration_cast<std::chrono::milliseconds>(support::cpuTime() - start);
}

/// 64 MiB of zeros as zlib packs them: what is inside the pixel chunks of a black image.
Bytes packedZeros() {
  const Bytes png =
      support::openCvEncodes(".png", cv::Mat::zeros(8192, 8192, CV_8UC1), {cv::IMWRITE_PNG_COMPRESSION, 9});
  Bytes packed;
  for (std::size_t at = support::afterIhdr; at + 12 <= png.size();) {
    const std::size_t length = static_cast<std::size_t>(png[at]) << 24 | static_cast<std::size_t>(png[at + 1]) << 16 |
                               static_cast<std::size_t>(png[at + 2]) << 8 | png[at + 3];
    if (png[at + 4] == 'I' && png[at + 5] == 'D') {
      const auto data = png.begin() + static_cast<std::ptrdiff_t>(at + 8);
      packed = support::join({packed, Bytes(data, data + static_cast<std::ptrdiff_t>(length))});
    }
    at += length + 12;
  }
  return packed;
}

}  // namespace

TEST_CASE("hostile: a body that ends early is refused, wherever it ends") {
  for (const auto& [name, whole] : wholeBodies()) {
    CHECK(support::codeOfDecoding(whole) == "");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes body(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      CAPTURE(name);
      CAPTURE(size);
      const std::string code = support::codeOfDecoding(body);
      // What lacks its end marker alone has every pixel.
      const bool marker = std::string(name).starts_with("jpeg") && size + 2 >= whole.size();
      if (marker) {
        CHECK(support::same(matmq::decodeImage(support::view(body)), matmq::decodeImage(support::view(whole))));
      } else {
        CHECK((code == "CANNOT_DECODE" || (code == "NOT_AN_IMAGE" && size < 12)));
      }
    }
  }
}

TEST_CASE("hostile: photos that end early are refused") {
  for (const std::string& photo : support::photos()) {
    const Bytes whole = support::readFile(photo);
    for (std::size_t part = 1; part < 16; ++part) {
      CAPTURE(photo);
      CAPTURE(part);
      CHECK(support::codeOfDecoding({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(
                                                                        whole.size() * part / 16)}) == "CANNOT_DECODE");
    }
    const Bytes almost(whole.begin(), whole.end() - 1);
    if (photo.ends_with("png")) {
      CHECK(support::codeOfDecoding(almost) == "CANNOT_DECODE");
    } else {
      CHECK(support::same(matmq::decodeImage(support::view(almost)), matmq::decodeImage(support::view(whole))));
    }
  }
}

TEST_CASE("hostile: any flipped bit of a PNG is found") {
  for (const auto& [name, whole] : wholeBodies()) {
    if (!std::string(name).ends_with("png")) continue;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        Bytes body = whole;
        body[at] = static_cast<std::uint8_t>(body[at] ^ 1U << bit);
        CAPTURE(name);
        CAPTURE(at);
        CAPTURE(bit);
        CHECK(isRefusal(support::codeOfDecoding(body)));
      }
    }
  }
}

TEST_CASE("hostile: flipped bits, overwritten and repeated parts end in an image or an Error, in every mode") {
  std::uint32_t state = 7;
  const auto random = [&state](std::size_t below) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(state >> 8) % below;
  };
  const matmq::ImageLimits limits{.pixels = 1 << 20};
  for (const auto& [name, whole] : wholeBodies()) {
    for (int round = 0; round < 1500; ++round) {
      Bytes body = whole;
      for (std::size_t change = 0; change <= random(4); ++change) {
        const std::size_t at = random(body.size());
        switch (random(4)) {
          case 0:
            body[at] = static_cast<std::uint8_t>(body[at] ^ 1U << random(8));
            break;
          case 1:
            body[at] = static_cast<std::uint8_t>(random(256));
            break;
          case 2:
            body.erase(body.begin() + static_cast<std::ptrdiff_t>(at));
            break;
          default:
            body.insert(body.begin() + static_cast<std::ptrdiff_t>(at), 1 + random(40), body[at]);
            break;
        }
        if (body.empty()) break;
      }
      const std::string code = support::codeOfDecoding(body, {.mode = support::modes[random(3)], .limits = limits});
      CAPTURE(name);
      CAPTURE(round);
      CHECK((code.empty() || isRefusal(code)));
    }
  }
}

TEST_CASE("hostile: dimensions are held against the limits") {
  for (const auto& [name, body] : wholeBodies()) {
    CAPTURE(name);
    const cv::Mat image = matmq::decodeImage(support::view(body));
    const std::uint64_t pixels = image.total();
    CHECK(support::codeOfDecoding(body, {.limits = {.pixels = pixels}}) == "");
    CHECK(support::codeOfDecoding(body, {.limits = {.pixels = pixels - 1}}) == "LIMIT_EXCEEDED");
    const std::uint64_t bytes = pixels * image.elemSize();
    CHECK(support::codeOfDecoding(body, {.limits = {.decodedBytes = bytes}}) == "");
    CHECK(support::codeOfDecoding(body, {.limits = {.decodedBytes = bytes - 1}}) == "LIMIT_EXCEEDED");
  }
}

TEST_CASE("hostile: dimensions beyond the limits cost no time and no memory") {
  const Bytes png = support::openCvEncodes(".png", support::picture(5, 5, CV_8UC3));
  for (const auto& [width, height] :
       {std::pair{0x7FFFFFFFU, 0x7FFFFFFFU}, {0xFFFFFFFFU, 0xFFFFFFFFU}, {1U << 16, 1U << 16}, {0x7FFFFFFFU, 1U}}) {
    const Bytes body = support::pngClaiming(png, width, height);
    CHECK(memoryOf([&] { CHECK(timeToRefuse(body, "LIMIT_EXCEEDED") < soon); }) < little);
  }
  CHECK(support::codeOfDecoding(support::pngClaiming(png, 0, 5)) == "CANNOT_DECODE");
  CHECK(support::codeOfDecoding(support::pngClaiming(png, 5, 0)) == "CANNOT_DECODE");

  Bytes jpeg = support::openCvEncodes(".jpg", support::picture(5, 5, CV_8UC3));
  for (std::size_t at = 2; at + 9 < jpeg.size(); ++at) {
    if (jpeg[at] == 0xFF && jpeg[at + 1] == 0xC0)
      std::fill_n(jpeg.begin() + static_cast<std::ptrdiff_t>(at + 5), 4, std::uint8_t{0xF0});
  }
  CHECK(memoryOf([&] { CHECK(timeToRefuse(jpeg, "LIMIT_EXCEEDED") < soon); }) < little);
}

TEST_CASE("hostile: dimensions that lie within the limits are found out soon, and take little") {
  // 121 million pixels from a file of a hundred bytes: it is refused where its data end.
  std::vector<Bytes> bodies{
      support::pngClaiming(support::openCvEncodes(".png", support::picture(5, 5, CV_8UC3)), 11000, 11000)};
  for (const bool progressive : {false, true}) {
    Bytes jpeg = support::openCvEncodes(".jpg", support::picture(5, 5, CV_8UC3),
                                        {cv::IMWRITE_JPEG_PROGRESSIVE, progressive ? 1 : 0});
    for (std::size_t at = 2; at + 9 < jpeg.size(); ++at) {
      if (jpeg[at] != 0xFF || jpeg[at + 1] != (progressive ? 0xC2 : 0xC0)) continue;
      for (const std::size_t side : {at + 5, at + 7}) {
        jpeg[side] = 11000 >> 8;
        jpeg[side + 1] = 11000 & 0xFF;
      }
      break;
    }
    bodies.push_back(jpeg);
  }
  for (const auto& parameters : {std::vector<int>{}, {cv::IMWRITE_WEBP_QUALITY, 80}}) {
    Bytes webp = support::openCvEncodes(".webp", support::picture(5, 5, CV_8UC3), parameters);
    // Lossless: 14 bits of width and of height behind a signature byte. Lossy: two 16-bit numbers behind a start code.
    const std::size_t at = parameters.empty() ? 21 : 26;
    const std::uint32_t lossless = (11000U - 1) | (11000U - 1) << 14;
    const std::uint32_t lossy = 11000U | 11000U << 16;
    const std::uint32_t value =
        parameters.empty() ? lossless | (static_cast<std::uint32_t>(webp[at + 3]) & 0xF0U) << 24 : lossy;
    for (std::size_t i = 0; i < 4; ++i) webp[at + i] = static_cast<std::uint8_t>(value >> (8 * i) & 0xFF);
    bodies.push_back(webp);
  }
  Bytes bmp = support::openCvEncodes(".bmp", support::picture(5, 5, CV_8UC3));
  bmp[20] = 0x01;  // 65541 pixels wide
  bodies.push_back(bmp);
  // Enough for what a progressive JPEG and a lossless WebP take beside their pixels.
  const matmq::DecodeOptions options{.limits = {.decodedBytes = 2ULL << 30}};
  for (const Bytes& body : bodies) {
    CAPTURE(body[0]);
    CHECK(memoryOf([&] { CHECK(timeToRefuse(body, "CANNOT_DECODE", options) < soon); }) < little);
  }
}

TEST_CASE("hostile: what a decoder takes beside the pixels is held against the limits, above a mebibyte") {
  const cv::Mat image = support::picture(1000, 1000, CV_8UC3);
  const std::uint64_t pixels = 3'000'000;
  // 4:2:0 has one and a half samples a pixel, of 2 bytes each, and whole blocks of 16 x 16.
  const std::uint64_t coefficients = 1008 * 1008 * 3;
  const struct {
    Bytes body;
    std::uint64_t beside;
    matmq::DecodeMode mode = matmq::DecodeMode::unchanged;
  } cases[]{
      {support::openCvEncodes(".jpg", image, {cv::IMWRITE_JPEG_PROGRESSIVE, 1}), coefficients},
      {support::openCvEncodes(".jpg", image), 0},
      {support::openCvEncodes(".webp", image), 4'000'000},
      {support::openCvEncodes(".webp", image), 5'000'000, matmq::DecodeMode::grayscale},
      {support::openCvEncodes(".webp", image, {cv::IMWRITE_WEBP_QUALITY, 80}), 0},
      {support::openCvEncodes(".png", image), 0},
  };
  for (const auto& [body, beside, mode] : cases) {
    const std::uint64_t all = pixels + beside;
    CHECK(support::codeOfDecoding(body, {.mode = mode, .limits = {.decodedBytes = all}}) == "");
    CHECK(support::codeOfDecoding(body, {.mode = mode, .limits = {.decodedBytes = all - 1}}) == "LIMIT_EXCEEDED");
  }
}

TEST_CASE("hostile: a JPEG that libjpeg warns of twice is held against both warnings") {
  Bytes body = support::openCvEncodes(".jpg", support::picture(45, 67, CV_8UC3));
  body[body.size() / 2] = 0xFF;  // a marker in the middle of the data, where there is none
  body[body.size() / 2 + 1] = 0xD9;
  CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
  for (std::size_t at = 2; at + 9 < body.size(); ++at) {
    if (body[at] == 0xFF && body[at + 1] == 0xE0) body[at + 9] = 2;  // JFIF revision: harmless, and comes first
  }
  CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
}

TEST_CASE("hostile: compressed chunks that blow up take no memory") {
  const Bytes png = support::openCvEncodes(".png", support::picture(5, 5, CV_8UC3));
  const Bytes bomb = packedZeros();
  const auto chunk = [&](const char* name, const Bytes& head) {
    return support::insertAt(png, support::afterIhdr, support::pngChunk(name, support::join({head, bomb})));
  };
  const std::vector<Bytes> bodies{chunk("zTXt", {'k', 0, 0}), chunk("iCCP", {'k', 0, 0}),
                                  chunk("iTXt", {'k', 0, 1, 0, 0, 0})};
  for (const Bytes& body : bodies) {
    for (const matmq::DecodeMode mode : support::modes) {
      const auto start = support::cpuTime();
      CHECK(memoryOf([&] { CHECK(matmq::decodeImage(support::view(body), {.mode = mode}).cols == 5); }) < little);
      CHECK(support::cpuTime() - start < soon);
    }
  }
}

TEST_CASE("hostile: pixels that inflate beyond the image cost no time and no memory") {
  Bytes body = support::openCvEncodes(".png", support::picture(1, 1, CV_8UC3));
  body.resize(support::afterIhdr);
  body = support::join({body, support::pngChunk("IDAT", packedZeros()), support::pngChunk("IEND", {})});
  CHECK(memoryOf([&] { CHECK(timeToRefuse(body, "CANNOT_DECODE") < soon); }) < little);
}

TEST_CASE("hostile: a progressive JPEG of a thousand scans is refused, and a large one of a hundred") {
  const auto withScans = [](int side, int scans) {
    const Bytes body =
        support::openCvEncodes(".jpg", cv::Mat::zeros(side, side, CV_8UC1), {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
    std::size_t last = 0;
    for (std::size_t at = 2; at + 1 < body.size(); ++at) {
      if (body[at] == 0xFF && body[at + 1] == 0xDA) last = at;
    }
    REQUIRE(last != 0);
    Bytes many(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(last));
    for (int i = 0; i < scans; ++i) {
      for (std::size_t at = last; at < body.size() - 2; ++at) many.push_back(body[at]);
    }
    many.push_back(0xFF);
    many.push_back(0xD9);
    return many;
  };
  CHECK(timeToRefuse(withScans(16, 1000), "LIMIT_EXCEEDED") < soon);
  CHECK(support::codeOfDecoding(withScans(16, 50)) == "CANNOT_DECODE");  // not too many, but they repeat each other
  CHECK(timeToRefuse(withScans(8000, 100), "LIMIT_EXCEEDED") < soon);
  CHECK(support::codeOfDecoding(withScans(1000, 1)) == "");
}

TEST_CASE("hostile: other formats, text and polyglots are no images") {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "x"s, "hello"s, "\x04"s, "GIF89a\x01\0\x01\0"s, "II*\0\x08\0\0\0"s, "MM\0*\0\0\0\x08"s,
        "v/1\x01\x02\0\0\0"s, "%PDF-1.4"s, "<svg/>"s, "P6\n1 1\n255\nabc"s, "\0\0\0\x0cjP  \r\n\x87\n"s,
        "#?RADIANCE\n"s, "RIFF\0\0\0\0AVI "s,
        "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"><VRTRasterBand><SourceFilename>/etc/passwd</SourceFilename>"s,
        std::string(128, '\0') + "DICM", " \x89PNG\r\n\x1a\n"s}) {
    CAPTURE(text);
    CHECK(support::codeOfDecoding(Bytes(text.begin(), text.end())) == "NOT_AN_IMAGE");
  }
  // One magic before another format's body, and every magic alone.
  const Bytes jpeg = support::openCvEncodes(".jpg", support::picture(5, 5, CV_8UC3));
  for (const std::string& magic : {"\x89PNG\r\n\x1a\n"s, "\xFF\xD8\xFF"s, "RIFF\0\0\0\0WEBP"s, "BM"s}) {
    const Bytes alone(magic.begin(), magic.end());
    CHECK(support::codeOfDecoding(alone) == "CANNOT_DECODE");
    if (magic.front() != '\xFF') CHECK(support::codeOfDecoding(support::insertAt(jpeg, 0, alone)) == "CANNOT_DECODE");
  }
}

TEST_CASE("hostile: the refusal of a body shows how it begins, not all of it") {
  const Bytes body(1 << 20, 0xAB);
  CHECK(support::messageOf([&] { static_cast<void>(matmq::decodeImage(support::view(body))); }) ==
        "Expected a body that is a PNG, JPEG, WebP or BMP image but received 1048576 bytes that begin with ab ab ab ab "
        "ab ab ab ab");
}
