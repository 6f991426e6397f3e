#include "sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace {

class Hash {
 public:
  Hash() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }

  void add(const void* data, std::size_t size) { check(EVP_DigestUpdate(context_.get(), data, size)); }

  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
    std::string text;
    for (const unsigned char byte : std::span(digest).first(size)) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  static void check(int done) {
    if (done != 1) throw std::runtime_error("OpenSSL cannot make a SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256(std::span<const std::byte> bytes) {
  Hash hash;
  hash.add(bytes.data(), bytes.size());
  return hash.hex();
}

std::string sha256(const cv::Mat& image) {
  Hash hash;
  const std::size_t rowBytes = static_cast<std::size_t>(image.cols) * image.elemSize();
  for (int row = 0; row < image.rows; ++row) hash.add(image.ptr(row), rowBytes);
  return hash.hex();
}
