// Image files to matrices and back. No other part of the library opens files, and this one opens only those that the
// program names.
//
// Rules
// 1. Only regular files are read. Their first bytes choose the decoder, not their names. A file of more than
//    limits.decodedBytes and 64 MiB is not read into memory.
// 2. A file is written under a temporary name in the same folder and renamed when it is complete: no reader sees half a
//    file, and a file that is replaced stays until then. It is not synced to the disk: a power failure may lose it. A
//    crash before the renaming leaves the temporary file, `<name>.<number>.tmp`.
#pragma once

#include <matmq/image.hpp>
#include <string>

namespace matmq {

/// Reads and decodes an image file: PNG, JPEG, WebP, BMP, and the format that the path's extension names, unless
/// `options.formats` names the formats.
/// @throws Error CANNOT_READ_FILE (naming the path and the system's reason), and as decodeImage
[[nodiscard]] cv::Mat readImage(const std::string& path, const DecodeOptions& options = {}, bool* damaged = nullptr);

/// The format that the extension of a path names, in any case: see parseImageFormat.
/// @throws Error UNKNOWN_FORMAT
[[nodiscard]] ImageFormat formatOfPath(const std::string& path);

/// Encodes, then writes by rule 2. A file that is replaced keeps its permissions; a symbolic link stays one.
/// @throws Error CANNOT_WRITE_FILE (naming the path and the system's reason), and as encodeImage
void writeImage(const std::string& path, const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});
/// In the format that the extension names.
void writeImage(const std::string& path, const cv::Mat& image, const EncodeOptions& options = {});

/// Writes bytes to a file by rule 2.
/// @throws Error CANNOT_WRITE_FILE
void writeFile(const std::string& path, std::span<const std::byte> bytes);

}  // namespace matmq
