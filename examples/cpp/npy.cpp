#include "npy.hpp"

#include <array>
#include <fstream>
#include <string>

void writeNpy(const std::filesystem::path& path, const cv::Mat& image) {
  // By depth, CV_8U to CV_64F. All machines OpenCV runs on in practice are little-endian.
  constexpr std::array types{"|u1", "|i1", "<u2", "<i2", "<i4", "<f4", "<f8"};
  std::string shape = std::to_string(image.rows) + ", " + std::to_string(image.cols);
  if (image.channels() > 1) shape += ", " + std::to_string(image.channels());
  std::string header = std::string("{'descr': '") + types.at(static_cast<std::size_t>(image.depth())) +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Magic, version 1.0 and the length before it, a newline after it: the pixels begin at a multiple of 64.
  header.append(64 - (header.size() + 11) % 64, ' ').push_back('\n');

  std::ofstream file;
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.open(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() & 0xff)).put(static_cast<char>(header.size() >> 8));
  file << header;
  const auto rowBytes = static_cast<std::streamsize>(static_cast<std::size_t>(image.cols) * image.elemSize());
  for (int row = 0; row < image.rows; ++row) file.write(image.ptr<char>(row), rowBytes);
}
