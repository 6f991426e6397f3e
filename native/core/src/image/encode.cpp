#include <array>
#include <limits>
#include <matmq/image.hpp>
#include <new>
#include <opencv2/core.hpp>

#include "image/codecs.hpp"

namespace matmq {
namespace {

constexpr unsigned bit(int n) noexcept { return 1U << n; }
constexpr unsigned anyChannels = ~0U;
constexpr int anySide = std::numeric_limits<int>::max();

struct Capability {
  ImageFormat format;
  std::string_view name;
  std::string_view holds;  // in words, for the message
  unsigned depths;         // bits of OpenCV's depth numbers
  unsigned channels;       // bits of channel counts
  int side;                // the longest
};

constexpr std::array capabilities{
    Capability{ImageFormat::png, "PNG", "CV_8U or CV_16U with 1, 3 or 4 channels", bit(CV_8U) | bit(CV_16U),
               bit(1) | bit(3) | bit(4), anySide},
    Capability{ImageFormat::jpeg, "JPEG", "CV_8UC1 or CV_8UC3", bit(CV_8U), bit(1) | bit(3), 65500},
    Capability{ImageFormat::webp, "WebP", "CV_8U with 1, 3 or 4 channels", bit(CV_8U), bit(1) | bit(3) | bit(4), 16383},
    Capability{ImageFormat::bmp, "BMP", "CV_8U with 1, 3 or 4 channels", bit(CV_8U), bit(1) | bit(3) | bit(4), anySide},
    Capability{ImageFormat::tiff, "TIFF", "CV_8U, CV_16U, CV_32F or CV_64F with 1, 3 or 4 channels",
               bit(CV_8U) | bit(CV_16U) | bit(CV_32F) | bit(CV_64F), bit(1) | bit(3) | bit(4), anySide},
    Capability{ImageFormat::pnm, "PNM", "CV_8U or CV_16U with 1 or 3 channels", bit(CV_8U) | bit(CV_16U),
               bit(1) | bit(3), anySide},
    Capability{ImageFormat::pgm, "PGM", "CV_8U or CV_16U with 1 channel", bit(CV_8U) | bit(CV_16U), bit(1), anySide},
    Capability{ImageFormat::ppm, "PPM", "CV_8U or CV_16U with 3 channels", bit(CV_8U) | bit(CV_16U), bit(3), anySide},
    Capability{ImageFormat::raw, "raw", "CV_8U, CV_8S, CV_16U, CV_16S, CV_32S, CV_32F or CV_64F",
               bit(CV_8U) | bit(CV_8S) | bit(CV_16U) | bit(CV_16S) | bit(CV_32S) | bit(CV_32F) | bit(CV_64F),
               anyChannels, anySide},
};

const Capability& capabilityOf(ImageFormat format) {
  for (const Capability& known : capabilities) {
    if (known.format == format) return known;
  }
  throw Error(ErrorCode::unknownFormat,
              "Expected one of the ImageFormats but received number " + std::to_string(static_cast<int>(format)));
}

void checkMatrix(const cv::Mat& image, const Capability& format) {
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
      (format.depths & bit(image.depth())) != 0 &&
      (format.channels == anyChannels || (image.channels() <= 4 && (format.channels & bit(image.channels())) != 0));
  if (!fits) {
    throw Error(
        ErrorCode::cannotEncode,
        "Expected " + std::string(format.holds) + " for " + std::string(format.name) + " but received " +
            typeName(image.type()) +
            (format.format == ImageFormat::raw ? ": convert the matrix" : ": convert the matrix, or send it as 'raw'"));
  }
  if (image.rows > format.side || image.cols > format.side) {
    throw Error(ErrorCode::cannotEncode, "Expected sides of at most " + std::to_string(format.side) + " for " +
                                             std::string(format.name) + " but received " + std::to_string(image.cols) +
                                             " x " + std::to_string(image.rows) + ": send it as '.png' or 'raw'");
  }
  if (format.format == ImageFormat::bmp && codec::bmpFileSize(image) > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorCode::cannotEncode, "Expected at most 2147483647 bytes for BMP but received a matrix that makes " +
                                             std::to_string(codec::bmpFileSize(image)) +
                                             ": send it as '.png' or 'raw'");
  }
}

void checkRange(const std::optional<int>& option, int least, int most, const char* what) {
  if (!option || (*option >= least && *option <= most)) return;
  const std::string range = most == anySide ? "of at least " + std::to_string(least)
                                            : "from " + std::to_string(least) + " to " + std::to_string(most);
  throw Error(ErrorCode::invalidArgument,
              "Expected a " + std::string(what) + ' ' + range + " but received " + std::to_string(*option));
}

void checkLossless(const EncodeOptions& options) {
  if (!options.lossless) return;
  const bool losslessQuality = !options.quality || *options.quality > 100;
  if (*options.lossless == losslessQuality) return;
  throw Error(ErrorCode::invalidArgument,
              *options.lossless ? "Expected no WebP quality up to 100 beside lossless but received " +
                                      std::to_string(*options.quality)
                                : "Expected a WebP quality from 1 to 100 with lossless: false but received " +
                                      (options.quality ? std::to_string(*options.quality) : "none"));
}

/// An option that a format does not have would be silently without effect.
void checkBelongs(const Capability& format, const EncodeOptions& options) {
  struct Use {
    std::string_view name;
    bool given;
    unsigned formats;  // bits of ImageFormat
  };
  constexpr unsigned png = bit(static_cast<int>(ImageFormat::png));
  constexpr unsigned jpeg = bit(static_cast<int>(ImageFormat::jpeg));
  constexpr unsigned webp = bit(static_cast<int>(ImageFormat::webp));
  const std::array uses{
      Use{"quality", options.quality.has_value(), jpeg | webp},
      Use{"progressive", options.progressive.has_value(), jpeg},
      Use{"optimize", options.optimize.has_value(), jpeg},
      Use{"restartInterval", options.restartInterval.has_value(), jpeg},
      Use{"chromaSubsampling", options.chromaSubsampling.has_value(), jpeg},
      Use{"compression", options.compression.has_value(), png},
      Use{"strategy", options.strategy.has_value(), png},
      Use{"filter", options.filter.has_value(), png},
      Use{"lossless", options.lossless.has_value(), webp},
  };
  const unsigned wanted = bit(static_cast<int>(format.format));
  for (const Use& use : uses) {
    if (!use.given || (use.formats & wanted) != 0) continue;
    std::string owners;
    for (const Capability& known : capabilities) {
      if ((use.formats & bit(static_cast<int>(known.format))) == 0) continue;
      owners += (owners.empty() ? "" : " and ") + std::string(known.name);
    }
    throw Error(ErrorCode::invalidArgument, "Expected no option '" + std::string(use.name) + "' for " +
                                                std::string(format.name) + " but received one: it belongs to " +
                                                owners);
  }
}

void checkOptions(const cv::Mat& image, const Capability& format, const EncodeOptions& options) {
  checkBelongs(format, options);
  checkRange(options.compression, 0, 9, "PNG compression");
  checkRange(options.restartInterval, 0, 65535, "JPEG restart interval");
  if (format.format == ImageFormat::jpeg) checkRange(options.quality, 0, 100, "JPEG quality");
  if (format.format == ImageFormat::webp) checkRange(options.quality, 1, anySide, "WebP quality");
  checkLossless(options);
  if (options.channelOrder == ChannelOrder::rgb && image.channels() > 4) {
    throw Error(ErrorCode::invalidArgument,
                "Expected at most 4 channels with the channel order RGB but received " + typeName(image.type()));
  }
}

SharedBytes encodeChecked(const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  switch (format) {
    case ImageFormat::png:
      return codec::encodePng(image, options);
    case ImageFormat::jpeg:
      return codec::encodeJpeg(image, options);
    case ImageFormat::webp:
      return codec::encodeWebp(image, options);
    case ImageFormat::bmp:
      return codec::encodeBmp(image, options);
    case ImageFormat::tiff:
      return codec::encodeTiff(image, options);
    case ImageFormat::pnm:
    case ImageFormat::pgm:
    case ImageFormat::ppm:
      return codec::encodePnm(image, options);
    case ImageFormat::raw:
      break;
  }
  throw Error(ErrorCode::invalidArgument,
              "Expected an encoded format but received 'raw': a raw matrix is sent from where it lies, not encoded");
}

}  // namespace

void checkEncodable(const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  const Capability& capability = capabilityOf(format);
  checkMatrix(image, capability);
  checkOptions(image, capability, options);
}

SharedBytes encodeImage(const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  checkEncodable(image, format, options);
  try {
    const bool turned = options.channelOrder == ChannelOrder::rgb && image.channels() >= 3;
    return encodeChecked(turned ? swapRedBlue(image) : image, format, options);
  } catch (const cv::Exception& error) {  // cv::cvtColor; nothing but memory can fail there
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotEncode, error.err);
  }
}

}  // namespace matmq
