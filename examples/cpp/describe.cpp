#include "describe.hpp"

#include <fstream>

#include "npy.hpp"
#include "sha256.hpp"

using Json = nlohmann::ordered_json;

namespace {

Json orNull(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

/// The format of a raw matrix stands in its content type, that of all others in their first bytes. Only those that are
/// decoded without being named count.
std::optional<matmq::ImageFormat> formatOf(const matmq::Message& message) {
  const auto stated = matmq::formatOfContentType(message.properties.contentType.value_or(""));
  if (stated == matmq::ImageFormat::raw) return stated;
  const auto seen = matmq::formatOfMagic(message.body.view);
  return seen && matmq::usualFormats.contains(*seen) ? seen : std::nullopt;
}

std::string extension(matmq::ImageFormat format) {
  if (format == matmq::ImageFormat::raw) return "raw";
  if (format == matmq::ImageFormat::jpeg) return ".jpg";
  return '.' + std::string(matmq::formatName(format));
}

bool isUtf8(std::string_view text) {
  try {
    static_cast<void>(Json(text).dump());  // the library checks it thoroughly
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

void keep(const matmq::Message& message, const cv::Mat& image, const std::filesystem::path& folder, int number) {
  const std::string digits = std::to_string(number);
  const auto path = folder / (std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits);
  const auto format = formatOf(message);
  if (format == matmq::ImageFormat::raw) return writeNpy(path.string() + ".npy", image);
  std::ofstream file;
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.open(path.string() + extension(*format), std::ios::binary);
  file << message.body.text();
}

}  // namespace

std::string kindOf(const matmq::Message& message) {
  if (message.type != matmq::MessageType::unmarked) return std::string(matmq::messageTypeName(message.type));
  if (message.isEndOfTransmission()) return "eot";
  if (message.properties.contentType.value_or("").starts_with("image/") || formatOf(message)) return "image";
  return isUtf8(message.body.text()) ? "text" : "binary";
}

Json describe(const matmq::Message& message, int number, const std::optional<std::filesystem::path>& out) {
  const std::string kind = kindOf(message);
  Json line{{"type", kind},
            {"contentType", orNull(message.properties.contentType)},
            {"messageId", orNull(message.properties.messageId)},
            {"appId", orNull(message.properties.appId)}};
  if (kind == "text") {
    line["text"] = message.body.text();
  } else if (kind != "image") {
    line["sha256"] = sha256(message.body.view);
  } else {
    const matmq::DecodedImage image = matmq::decodeMessage(message);
    if (out) keep(message, image.mat, *out, number);
    line["rows"] = image.mat.rows;
    line["cols"] = image.mat.cols;
    line["cvtype"] = matmq::typeName(image.mat.type());
    line["encoding"] = extension(*formatOf(message));
    line["sha256"] = sha256(image.mat);
  }
  return line;
}
