#include "image/other_formats.hpp"

#include <algorithm>
#include <array>

namespace matmq::codec {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view octets;
  std::string_view name;
};

constexpr std::array atTheBeginning{
    Magic{"GIF87a"sv, "GIF"},
    Magic{"GIF89a"sv, "GIF"},
    Magic{"<svg"sv, "SVG"},
    Magic{"%PDF"sv, "PDF"},
    Magic{"\xFF\x0A"sv, "JPEG XL"},
    Magic{"\0\0\0\x0CJXL "sv, "JPEG XL"},
    Magic{"8BPS"sv, "PSD"},
    Magic{"\0\0\0\x0CjP  "sv, "JPEG 2000"},
    Magic{"\xFF\x4F\xFF\x51"sv, "JPEG 2000"},
    Magic{"P7\n"sv, "PAM"},
    Magic{"\x76\x2F\x31\x01"sv, "OpenEXR"},
    Magic{"#?RADIANCE"sv, "Radiance HDR"},
    Magic{"\0\0\1\0"sv, "ICO"},
};

/// The brand of an ISO base media file, which stands behind "ftyp".
constexpr std::array brands{
    Magic{"avif"sv, "AVIF"}, Magic{"avis"sv, "AVIF"}, Magic{"heic"sv, "HEIC"}, Magic{"heix"sv, "HEIC"},
    Magic{"heim"sv, "HEIC"}, Magic{"heis"sv, "HEIC"}, Magic{"mif1"sv, "HEIC"}, Magic{"msf1"sv, "HEIC"},
};

bool begins(std::string_view text, const Magic& magic) noexcept { return text.starts_with(magic.octets); }

}  // namespace

std::string_view otherFormat(std::span<const std::byte> head) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Magic& magic : atTheBeginning) {
    if (begins(text, magic)) return magic.name;
  }
  constexpr std::size_t brandAt = 8;
  if (text.size() < brandAt + 4 || text.substr(4, 4) != "ftyp") return {};
  for (const Magic& brand : brands) {
    if (begins(text.substr(brandAt), brand)) return brand.name;
  }
  return {};
}

}  // namespace matmq::codec
