// Image files to matrices and back. Files are opened only here, and only those that the program names.
//
// Rules
// 1. Only regular files are read, by the decoders of image.hpp: by their first bytes, whatever their name says. One of
//    more than limits.decodedBytes and 64 MiB is not read into memory.
// 2. A file is written beside its name under a temporary one, and takes its name when it is whole: nobody sees half a
//    file, and one that was there stays until then. It is not synced to the disk: a power failure may lose it. A crash
//    meanwhile leaves the temporary file, `<name>.<number>.tmp`.
#pragma once

#include <matmq/image.hpp>
#include <string>

namespace matmq {

/// Reads and decodes an image file: PNG, JPEG, WebP, BMP, and the format that the path's extension names (the program
/// has named the file), unless `options.formats` says what it may be.
/// @throws Error CANNOT_READ_FILE (naming the path and the system's reason), and as decodeImage
[[nodiscard]] cv::Mat readImage(const std::string& path, const DecodeOptions& options = {});

/// The format that the extension of a path says: ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif",
/// ".tiff", ".pnm", ".pgm" or ".ppm"; case does not matter.
/// @throws Error UNKNOWN_FORMAT
[[nodiscard]] ImageFormat formatOfPath(const std::string& path);

/// Encodes, then writes as rule 2 says. A file that is replaced keeps its permissions; a symbolic link stays one.
/// @throws Error CANNOT_WRITE_FILE (naming the path and the system's reason), and as encodeImage
void writeImage(const std::string& path, const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});
/// In the format that the extension says.
void writeImage(const std::string& path, const cv::Mat& image, const EncodeOptions& options = {});

/// The second half of writeImage: these bytes become the file.
/// @throws Error CANNOT_WRITE_FILE
void writeFile(const std::string& path, std::span<const std::byte> bytes);

}  // namespace matmq
