#pragma once

#include <filesystem>
#include <opencv2/core/mat.hpp>

/// Writes a matrix as numpy.save does: .npy keeps every type of matrix, which no image format does.
void writeNpy(const std::filesystem::path& path, const cv::Mat& image);
