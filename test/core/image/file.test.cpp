#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <matmq/image_file.hpp>

#include "support.hpp"

namespace fs = std::filesystem;
using matmq::ImageFormat;

namespace {

/// A folder of its own for a test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "matmq-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path_)) found.push_back(entry.path().filename().string());
    return found;
  }

 private:
  fs::path path_;
};

std::string codeOfRead(const std::string& path) {
  return support::codeOf([&] { static_cast<void>(matmq::readImage(path)); });
}

void put(const std::string& path, const support::Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

mode_t modeOf(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a file has the bytes of the encoder, and comes back") {
  const Folder folder;
  const cv::Mat image = support::picture(31, 47, CV_8UC3);
  for (const auto& [name, format] : {std::pair{"a.png", ImageFormat::png},
                                     {"a.JPG", ImageFormat::jpeg},
                                     {"a.jpeg", ImageFormat::jpeg},
                                     {"a.webp", ImageFormat::webp},
                                     {"a.b.bmp", ImageFormat::bmp}}) {
    CAPTURE(name);
    matmq::writeImage(folder / name, image);
    CHECK(support::readFile(folder / name) == support::copy(matmq::encodeImage(image, format)));
    const cv::Mat back = matmq::readImage(folder / name);
    CHECK(back.size() == image.size());
    if (format != ImageFormat::jpeg) CHECK(support::same(back, image));
    CHECK(matmq::readImage(folder / name, {.mode = matmq::DecodeMode::grayscale}).type() == CV_8UC1);
  }
  matmq::writeImage(folder / "without extension", image, ImageFormat::png, {.compression = 9});
  CHECK(support::same(matmq::readImage(folder / "without extension"), image));
  CHECK(folder.names().size() == 6);  // no temporary file is left
}

TEST_CASE("photos are read as cv::imread reads them") {
  for (const std::string& photo : support::photos()) {
    CHECK(support::same(matmq::readImage(photo), cv::imread(photo, cv::IMREAD_UNCHANGED)));
  }
}

TEST_CASE("what cannot be read is an error that names path and reason") {
  const Folder folder;
  const std::string missing = folder / "missing.png";
  CHECK(codeOfRead(missing) == "CANNOT_READ_FILE");
  CHECK(support::messageOf([&] { static_cast<void>(matmq::readImage(missing)); }) ==
        "Expected to read the image file '" + missing + "' but the system says 'No such file or directory'");
  CHECK(codeOfRead(folder / ".") == "CANNOT_READ_FILE");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(codeOfRead(folder / "pipe") == "CANNOT_READ_FILE");
  CHECK(codeOfRead("/dev/zero") == "CANNOT_READ_FILE");
  put(folder / "empty", {});
  CHECK(codeOfRead(folder / "empty") == "NOT_AN_IMAGE");
  put(folder / "text", support::Bytes(1000, 'x'));
  CHECK(codeOfRead(folder / "text") == "NOT_AN_IMAGE");
  support::Bytes half = support::openCvEncodes(".png", support::picture(20, 30, CV_8UC3));
  half.resize(half.size() / 2);
  put(folder / "half.png", half);
  CHECK(codeOfRead(folder / "half.png") == "CANNOT_DECODE");
}

TEST_CASE("a file beyond the limits is not read into memory") {
  const Folder folder;
  const std::string path = folder / "large.png";
  matmq::writeImage(path, support::picture(20, 30, CV_8UC3));
  fs::resize_file(path, 65ULL * 1024 * 1024);  // sparse: it takes no space
  CHECK(support::codeOf([&] { static_cast<void>(matmq::readImage(path, {.limits = {.decodedBytes = 1 << 20}})); }) ==
        "");
  fs::resize_file(path, 65ULL * 1024 * 1024 + 1);
  CHECK(support::messageOf([&] { static_cast<void>(matmq::readImage(path, {.limits = {.decodedBytes = 1 << 20}})); }) ==
        "Expected an image file of at most 1048576 + 67108864 bytes but '" + path +
            "' has 68157441: raise limits.decodedBytes if it is trusted");
}

TEST_CASE("an extension that says no format is refused before anything is written") {
  const Folder folder;
  const cv::Mat image = support::picture(3, 4, CV_8UC3);
  for (const char* name : {"a", "a.", "a.gif", ".png.d/a", "a.pam"}) {
    CHECK(support::codeOf([&] { matmq::writeImage(folder / name, image); }) == "UNKNOWN_FORMAT");
  }
  CHECK(folder.names().empty());
}

TEST_CASE("what cannot be written is an error that names path and reason, and leaves what was there") {
  const Folder folder;
  const cv::Mat image = support::picture(3, 4, CV_8UC3);
  const std::string nowhere = folder / "no folder/a.png";
  CHECK(support::messageOf([&] { matmq::writeImage(nowhere, image); }) ==
        "Expected to write the image file '" + nowhere + "' but the system says 'No such file or directory'");
  REQUIRE(fs::create_directory(folder / "a.png"));
  CHECK(support::codeOf([&] { matmq::writeImage(folder / "a.png", image); }) == "CANNOT_WRITE_FILE");
  CHECK(support::codeOf([&] { matmq::writeImage("/dev/full", image, ImageFormat::png); }) == "CANNOT_WRITE_FILE");
  matmq::writeImage(folder / "b.png", image);
  const support::Bytes before = support::readFile(folder / "b.png");
  CHECK(support::codeOf([&] { matmq::writeImage(folder / "b.png", cv::Mat(2, 2, CV_32FC1)); }) == "CANNOT_ENCODE");
  CHECK(support::readFile(folder / "b.png") == before);
  CHECK(folder.names().size() == 2);
}

TEST_CASE("a file that is replaced keeps its permissions, and a link stays a link") {
  const Folder folder;
  matmq::writeImage(folder / "a.png", support::picture(3, 4, CV_8UC3));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK(modeOf(folder / "a.png") == (0666 & ~mask));
  REQUIRE(::chmod((folder / "a.png").c_str(), 0640) == 0);
  fs::create_symlink(folder / "a.png", folder / "link.png");
  const cv::Mat other = support::picture(5, 6, CV_8UC1);
  matmq::writeImage(folder / "link.png", other);
  CHECK(fs::is_symlink(folder / "link.png"));
  CHECK(modeOf(folder / "a.png") == 0640);
  CHECK(support::same(matmq::readImage(folder / "a.png"), other));
}
