#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <matmq/image_file.hpp>
#include <random>
#include <system_error>

#include "base/unique_fd.hpp"
#include "image/codecs.hpp"
#include "image/format.hpp"
#include "image/malloc_buffer.hpp"

namespace matmq {
namespace {

constexpr mode_t permissionBits = 07777;

[[noreturn]] void failed(ErrorCode code, const std::string& path, const std::string& reason) {
  const char* verb = code == ErrorCode::cannotReadFile ? "read" : "write";
  throw Error(code, std::string("Expected to ") + verb + " the image file '" + path + "' but " + reason);
}

[[noreturn]] void failed(ErrorCode code, const std::string& path, int number = errno) {
  failed(code, path, "the system says '" + std::generic_category().message(number) + "'");
}

struct stat statusOf(const UniqueFd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) failed(ErrorCode::cannotReadFile, path);
  return status;
}

/// Reads to the end of the file, at most `size` bytes.
std::size_t readUpTo(const UniqueFd& file, std::byte* out, std::size_t size, const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::read(file.get(), out + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failed(ErrorCode::cannotReadFile, path);
    if (count == 0) break;  // the file has become shorter: the decoder will report it
    done += static_cast<std::size_t>(count);
  }
  return done;
}

void writeAll(const UniqueFd& file, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failed(ErrorCode::cannotWriteFile, path);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

/// The target of a path behind all symbolic links, so that a link stays one; the path itself when there is no file.
std::string targetOf(const std::string& path) {
  const std::unique_ptr<char, codec::Free> real(::realpath(path.c_str(), nullptr));
  if (real) return real.get();
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) failed(ErrorCode::cannotWriteFile, path, ENOENT);  // a link to nothing
  return path;
}

/// A new file in the folder of `path`, with the permissions that the umask of the process leaves.
struct NewFile {
  std::string name;
  UniqueFd fd;
};

NewFile openBeside(const std::string& path) {
  constexpr mode_t everybody = 0666;
  std::random_device random;
  for (;;) {
    NewFile made{path + '.' + std::to_string(random()) + ".tmp", {}};
    made.fd = UniqueFd(::open(made.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, everybody));
    if (made.fd) return made;
    if (errno != EEXIST) failed(ErrorCode::cannotWriteFile, path);
  }
}

/// Removes the file unless it has been renamed to the name that it is for.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path) : path_(path), file_(openBeside(path)) {}
  ~TemporaryFile() {
    if (!file_.name.empty()) ::unlink(file_.name.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const UniqueFd& fd() const noexcept { return file_.fd; }

  void renameToTarget() {
    if (::rename(file_.name.c_str(), path_.c_str()) != 0) failed(ErrorCode::cannotWriteFile, path_);
    file_.name.clear();
  }

 private:
  std::string path_;
  NewFile file_;
};

std::string extensionOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::size_t dot = path.rfind('.');
  const bool named = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return named ? path.substr(dot) : std::string();
}

/// What a file of this name may be: the usual formats, and the one that its extension names.
ImageFormats formatsOfName(const std::string& path) {
  ImageFormats formats = usualFormats;
  if (const auto* named = codec::findToRead(extensionOf(path))) formats.add(named->format);
  return formats;
}

cv::Mat readAndDecode(const std::string& path, const DecodeOptions& options, bool* damaged) {
  // Beside the pixels, which hardly ever grow when they are encoded.
  constexpr std::size_t mostMetadata = 64ULL * 1024 * 1024;
  // O_NONBLOCK: to open a pipe without a writer would block for ever.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) failed(ErrorCode::cannotReadFile, path);
  const struct stat status = statusOf(file, path);
  if (!S_ISREG(status.st_mode)) failed(ErrorCode::cannotReadFile, path, "it is no regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > mostMetadata && size - mostMetadata > options.limits.decodedBytes) {
    throw Error(ErrorCode::limitExceeded, "Expected an image file of at most " +
                                              std::to_string(options.limits.decodedBytes) + " + " +
                                              std::to_string(mostMetadata) + " bytes but '" + path + "' has " +
                                              std::to_string(size) + ": raise limits.decodedBytes if it is trusted");
  }
  const std::size_t first = std::min(size, codec::magicBytes);
  std::array<std::byte, codec::magicBytes> head{};
  const std::size_t headSize = readUpTo(file, head.data(), first, path);
  // A large file of no format that is allowed is not read into memory.
  const auto format = formatOfMagic({head.data(), headSize});
  if (!format || !options.formats->contains(*format))
    codec::refuseFormat({head.data(), headSize}, size, *options.formats);
  codec::MallocBuffer body(size);
  std::memcpy(body.data(), head.data(), headSize);
  const std::size_t whole = headSize + readUpTo(file, body.data() + headSize, size - headSize, path);
  return decodeImage({body.data(), whole}, options, damaged);
}

}  // namespace

cv::Mat readImage(const std::string& path, const DecodeOptions& given, bool* damaged) {
  DecodeOptions options = given;
  if (!options.formats) options.formats = formatsOfName(path);
  try {
    return readAndDecode(path, options, damaged);
  } catch (const Error& error) {
    // What decodes knows no paths.
    const std::string_view text = error.what();
    if (text.find(path) != std::string_view::npos) throw;
    throw Error(error.code(), std::string(text) + " (the image file '" + path + "')");
  }
}

ImageFormat formatOfPath(const std::string& path) { return parseImageFormat(extensionOf(path)); }

void writeFile(const std::string& path, std::span<const std::byte> bytes) {
  const std::string target = targetOf(path);
  struct stat status {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    failed(ErrorCode::cannotWriteFile, path, "there is something of that name that is no regular file");
  }
  TemporaryFile temporary(target);
  writeAll(temporary.fd(), bytes, path);
  if (exists && ::fchmod(temporary.fd().get(), status.st_mode & permissionBits) != 0) {
    failed(ErrorCode::cannotWriteFile, path);
  }
  temporary.renameToTarget();
}

void writeImage(const std::string& path, const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  writeFile(path, encodeImage(image, format, options).view);
}

void writeImage(const std::string& path, const cv::Mat& image, const EncodeOptions& options) {
  writeImage(path, image, formatOfPath(path), options);
}

}  // namespace matmq
