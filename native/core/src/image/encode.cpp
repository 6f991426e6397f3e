#include <array>
#include <limits>
#include <matmq/image.hpp>
#include <new>
#include <opencv2/core.hpp>

#include "image/codecs.hpp"
#include "image/format.hpp"

namespace matmq {
namespace {

using codec::EncodeOption;
using codec::FormatInfo;
using codec::listed;

/// Of a depth: "CV_8U".
std::string depthName(int depth) {
  const std::string type = typeName(CV_MAKETYPE(depth, 1));
  return type.substr(0, type.rfind('C'));
}

/// What a format can hold: "CV_8U or CV_16U with 1, 3 or 4 channels", or both types if there are only two of one depth.
std::string typesOf(const FormatInfo& format) {
  constexpr int mostChannels = 4;  // of a format that does not take any number
  std::vector<std::string> depths;
  for (int depth = 0; depth < CV_DEPTH_MAX; ++depth) {
    if (format.depths.contains(depth)) depths.push_back(depthName(depth));
  }
  if (format.channels.empty()) return listed(depths, "or");
  std::vector<std::string> channels;
  for (int count = 1; count <= mostChannels; ++count) {
    if (format.channels.contains(count)) channels.push_back(std::to_string(count));
  }
  if (depths.size() == 1 && channels.size() == 2) {
    return listed({depths[0] + 'C' + channels[0], depths[0] + 'C' + channels[1]}, "or");
  }
  return listed(depths, "or") + " with " + listed(channels, "or") +
         (channels == std::vector<std::string>{"1"} ? " channel" : " channels");
}

void checkMatrix(const cv::Mat& image, const FormatInfo& format) {
  if (image.dims > 2) {
    throw Error(ErrorCode::invalidMatrix, "Expected a matrix of two dimensions but received one of " +
                                              std::to_string(image.dims) + ": send its planes one by one");
  }
  if (image.empty()) {
    throw Error(ErrorCode::invalidMatrix, "Expected a matrix with pixels but received an empty one");
  }
  if (image.rows > 1 && image.step[0] < static_cast<std::size_t>(image.cols) * image.elemSize()) {
    throw Error(ErrorCode::invalidMatrix, "Expected a step of at least " +
                                              std::to_string(static_cast<std::size_t>(image.cols) * image.elemSize()) +
                                              " bytes for " + std::to_string(image.cols) + " columns of " +
                                              typeName(image.type()) + " but received " +
                                              std::to_string(image.step[0]));
  }
  const bool fits =
      format.depths.contains(image.depth()) && (format.channels.empty() || format.channels.contains(image.channels()));
  if (!fits) {
    throw Error(ErrorCode::cannotEncode,
                "Expected " + typesOf(format) + " for " + std::string(format.label) + " but received " +
                    typeName(image.type()) +
                    (format.isFile() ? ": convert the matrix, or send it as 'raw'" : ": convert the matrix"));
  }
  if (image.rows > format.longestSide || image.cols > format.longestSide) {
    throw Error(ErrorCode::cannotEncode, "Expected sides of at most " + std::to_string(format.longestSide) + " for " +
                                             std::string(format.label) + " but received " + std::to_string(image.cols) +
                                             " x " + std::to_string(image.rows) + ": send it as '.png' or 'raw'");
  }
  if (format.checkMatrix != nullptr) format.checkMatrix(image);
}

/// "JPEG and WebP"
std::string ownersOf(EncodeOption option) {
  std::vector<std::string> owners;
  for (const FormatInfo& format : codec::formatTable()) {
    if (format.options.contains(option)) owners.emplace_back(format.label);
  }
  return listed(owners, "and");
}

/// Refuses an option of another format, which would have no effect.
void checkBelongs(const FormatInfo& format, const EncodeOptions& options) {
  struct Use {
    EncodeOption option;
    std::string_view name;
    bool given;
  };
  const std::array uses{
      Use{EncodeOption::quality, "quality", options.quality.has_value()},
      Use{EncodeOption::progressive, "progressive", options.progressive.has_value()},
      Use{EncodeOption::optimize, "optimize", options.optimize.has_value()},
      Use{EncodeOption::restartInterval, "restartInterval", options.restartInterval.has_value()},
      Use{EncodeOption::chromaSubsampling, "chromaSubsampling", options.chromaSubsampling.has_value()},
      Use{EncodeOption::compression, "compression", options.compression.has_value()},
      Use{EncodeOption::strategy, "strategy", options.strategy.has_value()},
      Use{EncodeOption::filter, "filter", options.filter.has_value()},
      Use{EncodeOption::lossless, "lossless", options.lossless.has_value()},
  };
  for (const auto& [option, name, given] : uses) {
    if (!given || format.options.contains(option)) continue;
    throw Error(ErrorCode::invalidArgument, "Expected no option '" + std::string(name) + "' for " +
                                                std::string(format.label) + " but received one: it belongs to " +
                                                ownersOf(option));
  }
}

void checkOptions(const cv::Mat& image, const FormatInfo& format, const EncodeOptions& options) {
  checkBelongs(format, options);
  if (format.checkOptions != nullptr) format.checkOptions(options);
  if (options.channelOrder == ChannelOrder::rgb && image.channels() > 4) {
    throw Error(ErrorCode::invalidArgument,
                "Expected at most 4 channels with the channel order RGB but received " + typeName(image.type()));
  }
}

}  // namespace

void codec::checkRange(const std::optional<int>& option, int least, int most, std::string_view what) {
  if (!option || (*option >= least && *option <= most)) return;
  const std::string range = most == std::numeric_limits<int>::max()
                                ? "of at least " + std::to_string(least)
                                : "from " + std::to_string(least) + " to " + std::to_string(most);
  throw Error(ErrorCode::invalidArgument,
              "Expected a " + std::string(what) + ' ' + range + " but received " + std::to_string(*option));
}

void checkEncodable(const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  const FormatInfo& info = codec::infoOf(format);
  checkMatrix(image, info);
  checkOptions(image, info, options);
}

SharedBytes encodeImage(const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  checkEncodable(image, format, options);
  const FormatInfo& info = codec::infoOf(format);
  if (info.encode == nullptr) {
    throw Error(ErrorCode::invalidArgument,
                "Expected an encoded format but received 'raw': a raw matrix is sent from where it lies, not encoded");
  }
  try {
    const bool swapped = options.channelOrder == ChannelOrder::rgb && image.channels() >= 3;
    return info.encode(swapped ? swapRedBlue(image) : image, options);
  } catch (const cv::Exception& error) {  // from cv::cvtColor, which fails only without memory
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotEncode, error.err);
  }
}

}  // namespace matmq
