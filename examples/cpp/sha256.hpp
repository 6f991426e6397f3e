#pragma once

#include <cstddef>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>

/// SHA-256 in hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);
/// Of the pixels, row after row, without what may lie between the rows.
std::string sha256(const cv::Mat& image);
