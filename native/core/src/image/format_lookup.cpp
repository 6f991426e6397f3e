// Formats by their names, content types and magic bytes.
#include <algorithm>

#include "base/ascii.hpp"
#include "image/format.hpp"

namespace matmq::codec {
namespace {

bool equalIgnoringCase(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

template <typename Predicate>
const FormatInfo* findFormat(Predicate predicate) noexcept {
  const auto found = std::ranges::find_if(formatTable(), predicate);
  return found == formatTable().end() ? nullptr : &*found;
}

const FormatInfo* findFormat(ImageFormat format) noexcept {
  return findFormat([format](const FormatInfo& info) { return info.format == format; });
}

bool contains(const Names& names, std::string_view wanted) noexcept {
  return std::ranges::any_of(names.view(), [wanted](auto name) { return equalIgnoringCase(name, wanted); });
}

/// "png" or ".png", but only "raw".
const FormatInfo* findByName(std::string_view name) noexcept {
  const bool dot = name.starts_with('.');
  const std::string_view bare = name.substr(dot ? 1 : 0);
  return findFormat([&](const FormatInfo& info) { return (info.isFile() || !dot) && contains(info.names, bare); });
}

/// "'.png', '.jpg', ... or 'raw'"
std::string listedNames() {
  std::vector<std::string> names;
  for (const FormatInfo& info : formatTable()) {
    for (const std::string_view name : info.names.view()) {
      if (name == info.unlistedName) continue;
      names.push_back((info.isFile() ? "'." : "'") + std::string(name) + '\'');
    }
  }
  return listed(names, "or");
}

}  // namespace

const FormatInfo& infoOf(ImageFormat format) {
  if (const FormatInfo* info = findFormat(format)) return *info;
  throw Error(ErrorCode::unknownFormat,
              "Expected one of the ImageFormats but received number " + std::to_string(static_cast<int>(format)));
}

const FormatInfo* findByMagic(std::span<const std::byte> body) noexcept {
  return findFormat([body](const FormatInfo& info) { return info.matches != nullptr && info.matches(body); });
}

const FormatInfo* findToRead(std::string_view extension) noexcept {
  if (!extension.starts_with('.')) return nullptr;
  if (const FormatInfo* info = findByName(extension)) return info;
  return findFormat([extension](const FormatInfo& info) { return contains(info.namesToRead, extension.substr(1)); });
}

std::string listed(const std::vector<std::string>& items, std::string_view conjunction) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool last = i > 0 && i + 1 == items.size();
    if (last) {
      text.append(1, ' ').append(conjunction).append(1, ' ');
    } else if (i > 0) {
      text += ", ";
    }
    text += items[i];
  }
  return text;
}

}  // namespace matmq::codec

namespace matmq {

ImageFormat parseImageFormat(std::string_view name) {
  if (const auto* info = codec::findByName(name)) return info->format;
  constexpr std::size_t shown = 64;  // the name may come from anywhere; an error message is no place for a megabyte
  throw Error(ErrorCode::unknownFormat, "Expected " + codec::listedNames() + " for the image format but received '" +
                                            std::string(name.substr(0, shown)) + (name.size() > shown ? "...'" : "'"));
}

std::string_view formatName(ImageFormat format) noexcept {
  const auto* info = codec::findFormat(format);
  return info == nullptr ? "unknown" : info->name;
}

std::string_view contentType(ImageFormat format) noexcept {
  const auto* info = codec::findFormat(format);
  return info == nullptr ? "application/octet-stream" : info->contentType;
}

std::optional<ImageFormat> formatOfContentType(std::string_view contentType) noexcept {
  std::string_view essence = contentType.substr(0, contentType.find(';'));  // "image/png; charset=binary" is a PNG too
  while (essence.ends_with(' ')) essence.remove_suffix(1);
  const auto* info = codec::findFormat(
      [essence](const codec::FormatInfo& row) { return codec::equalIgnoringCase(row.contentType, essence); });
  if (info == nullptr) return std::nullopt;
  return info->format;
}

std::optional<ImageFormat> formatOfMagic(std::span<const std::byte> body) noexcept {
  const auto* info = codec::findByMagic(body);
  if (info == nullptr) return std::nullopt;
  return info->format;
}

std::vector<std::string_view> formatNames(ImageFormats formats) {
  std::vector<std::string_view> names;
  for (const codec::FormatInfo& info : codec::formatTable()) {
    if (info.matches != nullptr && formats.contains(info.format)) names.push_back(info.name);
  }
  return names;
}

}  // namespace matmq
