// The table of image formats. All facts that depend on the format are in it; no other file of src/image lists formats.
//
// Rules
// 1. A new format needs a value of ImageFormat, the functions of its row in formats/, and the row (format.cpp).
// 2. The table is constant and has static storage: pointers and views into it stay valid, on every thread.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <matmq/image.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace matmq::codec {

/// Whether a body, of any size, begins with the magic bytes of the format. It reads at most `magicBytes`.
using Matches = bool(std::span<const std::byte> body) noexcept;
inline constexpr std::size_t magicBytes = 12;

/// The matrix has passed checkEncodable, its channels are in the order BGR(A).
using Encode = SharedBytes(const cv::Mat& image, const EncodeOptions& options);
/// The body begins with the magic bytes; nothing else about it is known. The result is already reduced.
class DecodeWork;
using Decode = cv::Mat(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work);

/// What a format demands beside the members of its row.
/// @throws Error CANNOT_ENCODE
using CheckMatrix = void(const cv::Mat& image);
/// @throws Error INVALID_ARGUMENT
using CheckOptions = void(const EncodeOptions& options);

struct CodecLibrary {
  std::string name;
  std::string version;
};
using LibraryOf = CodecLibrary();

/// The members of EncodeOptions that belong to certain formats.
enum class EncodeOption : unsigned {
  quality,
  progressive,
  optimize,
  restartInterval,
  chromaSubsampling,
  compression,
  strategy,
  filter,
  lossless,
};

/// A set of small numbers.
template <typename T>
class SetOf {
 public:
  constexpr SetOf() noexcept = default;
  constexpr SetOf(std::initializer_list<T> values) noexcept {
    for (const T value : values) bits_ |= 1U << static_cast<unsigned>(value);
  }
  [[nodiscard]] constexpr bool contains(T value) const noexcept {
    const auto number = static_cast<unsigned>(value);
    return number < std::numeric_limits<unsigned>::digits && (bits_ & 1U << number) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

 private:
  unsigned bits_ = 0;
};

/// A short list of names.
class Names {
 public:
  constexpr Names() noexcept = default;
  constexpr Names(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) names_.at(count_++) = name;
  }
  [[nodiscard]] constexpr std::span<const std::string_view> view() const noexcept {
    return std::span{names_}.first(count_);
  }

 private:
  std::array<std::string_view, 3> names_{};
  std::size_t count_ = 0;
};

/// A row of the table.
struct FormatInfo {
  ImageFormat format;
  std::string_view name;            ///< formatName
  std::string_view label;           ///< the name in error messages
  std::string_view contentType;     ///< MIME type
  Names names;                      ///< names in options; with a dot, the extensions of files
  std::string_view unlistedName{};  ///< one of `names` that the error for an unknown name does not list
  Names namesToRead{};              ///< further extensions of files that are read, never written

  SetOf<int> depths{};                                ///< of the matrices it can hold
  SetOf<int> channels{};                              ///< empty: any number
  int longestSide = std::numeric_limits<int>::max();  ///< in pixels
  CheckMatrix* checkMatrix = nullptr;

  SetOf<EncodeOption> options{};  ///< that belong to it
  CheckOptions* checkOptions = nullptr;

  bool compressed = false;       ///< a short body may be a large image
  Matches* matches = nullptr;    ///< null: its files, if it has any, are recognised as those of another format
  Encode* encode = nullptr;      ///< null: it is no file format
  Decode* decode = nullptr;      ///< null: it is no file format
  LibraryOf* library = nullptr;  ///< for libraryVersions; null without a library, and for one that is loaded later

  [[nodiscard]] constexpr bool isFile() const noexcept { return encode != nullptr; }
};

/// All formats, in the order in which messages list them.
[[nodiscard]] std::span<const FormatInfo> formatTable() noexcept;

/// @throws Error UNKNOWN_FORMAT for a number that is no ImageFormat
[[nodiscard]] const FormatInfo& infoOf(ImageFormat format);

/// The format whose magic bytes the body begins with; null for none.
[[nodiscard]] const FormatInfo* findByMagic(std::span<const std::byte> body) noexcept;

/// The format that a file with this extension (".png", in any case) may have when it is read; null for none.
[[nodiscard]] const FormatInfo* findToRead(std::string_view extension) noexcept;

/// "a, b or c"
[[nodiscard]] std::string listed(const std::vector<std::string>& items, std::string_view conjunction);

}  // namespace matmq::codec
