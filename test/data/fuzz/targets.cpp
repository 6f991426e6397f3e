#include "targets.hpp"

namespace fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"png", decodePng},
      {"jpeg", decodeJpeg},
      {"webp", decodeWebp},
      {"bmp", decodeBmp},
      {"tiff", decodeTiff},
      {"pnm", decodePnm},
      {"exif", readOrientation},
      {"message", decodeMessage},
      {"properties", decodeProperties},
      {"table", decodeTable},
      {"method", decodeMethod},
      {"frames", readFrames},
      {"segments", reassemble},
      {"senders", consumeFromSenders},
  };
  return all;
}

}  // namespace fuzz
