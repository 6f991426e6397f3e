// DamagedImage::keep: what is there of an image, and grey for the rest.
#include "support.hpp"

using support::Bytes;

namespace {

struct Kept {
  cv::Mat image;
  bool damaged = false;
};

Kept keep(const Bytes& body, matmq::DecodeMode mode = matmq::DecodeMode::unchanged) {
  matmq::DecodeOptions options;
  options.formats = support::allFormats;
  options.damaged = matmq::DamagedImage::keep;
  options.mode = mode;
  Kept kept;
  kept.image = matmq::decodeImage(support::view(body), options, &kept.damaged);
  return kept;
}

/// The first rows that are as they should be.
int rowsAs(const cv::Mat& image, const cv::Mat& whole) {
  int rows = 0;
  while (rows < image.rows && support::same(image.row(rows), whole.row(rows))) ++rows;
  return rows;
}

bool isGray(const cv::Mat& row) {
  for (int x = 0; x < row.cols; ++x)
    for (int c = 0; c < row.channels(); ++c) {
      const int value = row.ptr(0)[x * row.channels() + c];
      if (value != (c == 3 ? 255 : 128)) return false;
    }
  return true;
}

struct File {
  const char* name;
  Bytes body;
};

std::vector<File> files() {
  const cv::Mat color = support::picture(120, 90, CV_8UC3);
  const cv::Mat alpha = support::picture(120, 90, CV_8UC4);
  return {{"png", support::openCvEncodes(".png", color)},
          {"png with alpha", support::openCvEncodes(".png", alpha)},
          {"jpeg", support::openCvEncodes(".jpg", color, {cv::IMWRITE_JPEG_QUALITY, 95})},
          {"jpeg with restarts", support::openCvEncodes(".jpg", color, {cv::IMWRITE_JPEG_RST_INTERVAL, 2})},
          {"lossy webp", support::openCvEncodes(".webp", color, {cv::IMWRITE_WEBP_QUALITY, 95})},
          {"webp", support::openCvEncodes(".webp", color)},
          {"bmp", support::openCvEncodes(".bmp", color)},
          {"ppm", support::openCvEncodes(".ppm", color)}};
}

}  // namespace

TEST_CASE("a whole image is not damaged, and the same") {
  for (const auto& [name, body] : files()) {
    CAPTURE(name);
    matmq::DecodeOptions plain;
    plain.formats = support::allFormats;
    const auto [image, damaged] = keep(body);
    CHECK_FALSE(damaged);
    CHECK(support::same(image, matmq::decodeImage(support::view(body), plain)));
  }
}

TEST_CASE("of a body that is cut, the rows that are there are kept, and the rest is grey") {
  for (auto& [name, body] : files()) {
    CAPTURE(name);
    const cv::Mat whole = keep(body).image;
    body.resize(body.size() / 2);
    CHECK(support::codeOfDecoding(body, {.formats = support::allFormats}) == "CANNOT_DECODE");
    const auto [image, damaged] = keep(body);
    CHECK(damaged);
    REQUIRE(image.size() == whole.size());
    if (std::string_view(name) == "bmp") {  // its first row is the last one
      CHECK(support::same(image.row(119), whole.row(119)));
      CHECK(isGray(image.row(0)));
    } else {
      CHECK(rowsAs(image, whole) > 30);
      CHECK(rowsAs(image, whole) < 90);
      CHECK(isGray(image.row(119)));
    }
  }
}

TEST_CASE("modes hold for damaged images, too") {
  for (auto& [name, body] : files()) {
    CAPTURE(name);
    body.resize(body.size() / 2);
    CHECK(keep(body, matmq::DecodeMode::grayscale).image.type() == CV_8UC1);
    CHECK(keep(body, matmq::DecodeMode::color).image.type() == CV_8UC3);
  }
}

TEST_CASE("an image of which no row is there is refused all the same") {
  for (auto& [name, body] : files()) {
    CAPTURE(name);
    for (const std::size_t size : {std::size_t{12}, std::size_t{26}, std::size_t{33}}) {
      body.resize(size);
      CHECK(support::codeOf([&, &cut = body] { static_cast<void>(keep(cut)); }) == "CANNOT_DECODE");
    }
  }
}

TEST_CASE("a damaged strip of a TIFF costs its rows alone") {
  const cv::Mat image = support::picture(64, 1000, CV_8UC3);
  Bytes body = support::copy(matmq::encodeImage(image, matmq::ImageFormat::tiff));
  const cv::Mat whole = keep(body).image;
  std::fill(body.begin() + 100, body.begin() + 400, std::uint8_t{0xAA});  // within the first strip
  const auto [kept, damaged] = keep(body);
  CHECK(damaged);
  CHECK(support::same(kept.rowRange(32, 64), whole.rowRange(32, 64)));
}

TEST_CASE("an interval of a JPEG that is lost costs its pixels alone") {
  const cv::Mat image = support::picture(160, 160, CV_8UC3);
  Bytes body = support::openCvEncodes(".jpg", image, {cv::IMWRITE_JPEG_RST_INTERVAL, 5});
  const cv::Mat whole = keep(body).image;
  // Codes of ones alone are none: the interval that begins after a restart marker in the middle.
  auto at = body.begin() + static_cast<std::ptrdiff_t>(body.size() / 2);
  while (at[0] != 0xFF || at[1] < 0xD0 || at[1] > 0xD7) ++at;
  for (int i = 0; i < 8; i += 2) {
    at[2 + i] = 0xFF;
    at[3 + i] = 0;
  }
  CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
  const auto [kept, damaged] = keep(body);
  CHECK(damaged);
  CHECK(support::same(kept.rowRange(0, 64), whole.rowRange(0, 64)));
  CHECK(support::same(kept.rowRange(112, 160), whole.rowRange(112, 160)));
}

TEST_CASE("a PNG whose pixels do not have their checksum is damaged, and kept as it is") {
  Bytes body = support::openCvEncodes(".png", support::picture(20, 30, CV_8UC3));
  const cv::Mat whole = keep(body).image;
  body[body.size() - 13] ^= 1;  // the last byte of the checksum before IEND
  CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
  const auto [kept, damaged] = keep(body);
  CHECK(support::same(kept, whole));
  CHECK(damaged);
}

TEST_CASE("a JPEG that ends behind the header of its scan has no row to keep") {
  Bytes body = support::openCvEncodes(".jpg", support::picture(64, 64, CV_8UC3));
  std::size_t scan = 2;
  while (body[scan + 1] != 0xDA) scan += 2 + (std::size_t{body[scan + 2]} << 8 | body[scan + 3]);
  body.resize(scan + 2 + (std::size_t{body[scan + 2]} << 8 | body[scan + 3]));
  CHECK(support::codeOf([&] { static_cast<void>(keep(body)); }) == "CANNOT_DECODE");
}

TEST_CASE("a PNG whose palette does not have its checksum is damaged") {
  Bytes body = support::writePng({.colorType = PNG_COLOR_TYPE_PALETTE});
  constexpr std::array<std::uint8_t, 4> name{'P', 'L', 'T', 'E'};
  const auto palette = std::search(body.begin(), body.end(), name.begin(), name.end());
  REQUIRE(palette != body.end());
  palette[4] ^= 1;  // a colour
  CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
  CHECK(keep(body).damaged);
}

TEST_CASE("of a TIFF in one strip that is cut, the rows that are there are kept") {
  const cv::Mat image = support::picture(64, 50, CV_32FC1);
  Bytes body = support::copy(matmq::encodeImage(image, matmq::ImageFormat::tiff));
  const cv::Mat whole = keep(body).image;
  // The directory is behind the pixels: what comes before it is cut out of the strip's end.
  const std::size_t cut = 50 * 4 * 20;
  Bytes damaged = body;
  std::fill(damaged.begin() + 8, damaged.begin() + 8 + static_cast<std::ptrdiff_t>(cut), std::uint8_t{0});
  CHECK_FALSE(support::same(keep(damaged).image, whole));
  CHECK(support::same(keep(damaged).image.rowRange(20, 64), whole.rowRange(20, 64)));
}
