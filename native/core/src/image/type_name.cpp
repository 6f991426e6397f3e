#include <algorithm>
#include <array>
#include <charconv>
#include <matmq/image.hpp>

namespace matmq {
namespace {

// By OpenCV's number of the depth. CV_16F has a name for messages but is not sent: Node has no typed array for it.
constexpr std::array<std::string_view, 8> depthNames{"8U", "8S", "16U", "16S", "32S", "32F", "64F", "16F"};
constexpr std::size_t sentDepths = 7;
constexpr int plainChannels = 4;  // above this OpenCV has no CV_8UC5, only the macro CV_8UC(5)

bool removePrefix(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string typeName(int type) {
  const auto depth = static_cast<std::size_t>(CV_MAT_DEPTH(type));
  const int channels = CV_MAT_CN(type);
  std::string name = "CV_" + std::string(depthNames[depth]) + 'C';
  return channels <= plainChannels ? name + std::to_string(channels) : name + '(' + std::to_string(channels) + ')';
}

std::optional<int> parseTypeName(std::string_view name) noexcept {
  if (!removePrefix(name, "CV_")) return std::nullopt;
  const auto depth = std::find_if(depthNames.begin(), depthNames.begin() + sentDepths,
                                  [&name](std::string_view known) { return removePrefix(name, known); });
  if (depth == depthNames.begin() + sentDepths || !removePrefix(name, "C")) return std::nullopt;
  if (removePrefix(name, "(")) {
    if (!name.ends_with(')')) return std::nullopt;
    name.remove_suffix(1);
  }
  if (name.empty() || name.front() < '1' || name.front() > '9') return std::nullopt;  // no sign, no leading zero
  int channels = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), channels);
  if (error != std::errc{} || end != name.data() + name.size() || channels > CV_CN_MAX) return std::nullopt;
  return CV_MAKETYPE(static_cast<int>(depth - depthNames.begin()), channels);
}

}  // namespace matmq
