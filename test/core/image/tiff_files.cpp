#include "tiff_files.hpp"

#include <dlfcn.h>

#include <algorithm>

namespace support {
namespace {

struct Memory {
  Bytes bytes;
  std::uint64_t position = 0;
};

Memory& memoryOf(thandle_t self) { return *static_cast<Memory*>(self); }

tmsize_t readMemory(thandle_t self, void* out, tmsize_t count) {
  Memory& memory = memoryOf(self);
  if (memory.position >= memory.bytes.size()) return 0;
  const auto there = std::min<std::uint64_t>(static_cast<std::uint64_t>(count), memory.bytes.size() - memory.position);
  std::memcpy(out, memory.bytes.data() + memory.position, there);
  memory.position += there;
  return static_cast<tmsize_t>(there);
}

tmsize_t writeMemory(thandle_t self, void* bytes, tmsize_t count) {
  Memory& memory = memoryOf(self);
  const std::uint64_t end = memory.position + static_cast<std::uint64_t>(count);
  if (memory.bytes.size() < end) memory.bytes.resize(end);
  std::memcpy(memory.bytes.data() + memory.position, bytes, static_cast<std::size_t>(count));
  memory.position = end;
  return count;
}

toff_t seekMemory(thandle_t self, toff_t offset, int whence) {
  Memory& memory = memoryOf(self);
  const std::uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? memory.position : memory.bytes.size();
  memory.position = base + offset;
  return memory.position;
}

toff_t sizeOfMemory(thandle_t self) { return memoryOf(self).bytes.size(); }
int mapMemory(thandle_t, void**, toff_t*) { return 0; }

void setTags(TIFF* handle, const TiffFile& file) {
  const auto set = [&](std::uint32_t tag, auto... value) {
    REQUIRE(matmq::codec::libtiff().setField(handle, tag, value...) == 1);
  };
  set(TIFFTAG_IMAGEWIDTH, file.width);
  set(TIFFTAG_IMAGELENGTH, file.height);
  set(TIFFTAG_BITSPERSAMPLE, file.bits);
  set(TIFFTAG_SAMPLESPERPIXEL, file.samples);
  set(TIFFTAG_PHOTOMETRIC, file.photometric);
  set(TIFFTAG_COMPRESSION, file.compression);
  set(TIFFTAG_PLANARCONFIG, file.planar);
  set(TIFFTAG_SAMPLEFORMAT, file.sampleFormat);
  if (file.predictor != 1) set(TIFFTAG_PREDICTOR, file.predictor);
  if (file.orientation != 0) set(TIFFTAG_ORIENTATION, file.orientation);
  if (file.extraSample >= 0) {
    std::uint16_t extra = static_cast<std::uint16_t>(file.extraSample);
    set(TIFFTAG_EXTRASAMPLES, 1, &extra);
  }
  if (file.tile != 0) {
    set(TIFFTAG_TILEWIDTH, file.tile);
    set(TIFFTAG_TILELENGTH, file.tile);
  } else {
    set(TIFFTAG_ROWSPERSTRIP, file.rowsPerStrip);
  }
  if (file.photometric == PHOTOMETRIC_PALETTE) {
    const std::size_t colors = std::size_t{1} << file.bits;
    std::array<std::vector<std::uint16_t>, 3> maps;
    for (std::size_t c = 0; c < maps.size(); ++c) {
      for (std::size_t i = 0; i < colors; ++i) {
        maps[c].push_back(static_cast<std::uint16_t>(i * (7 + 20 * c) % 256 * file.paletteFactor));
      }
    }
    set(TIFFTAG_COLORMAP, maps[0].data(), maps[1].data(), maps[2].data());
  }
}

}  // namespace

Bytes writeTiff(const TiffFile& file) {
  const auto& lib = matmq::codec::libtiff();
  Memory memory;
  matmq::codec::TiffMessages messages;
  const std::string mode = std::string("w") + (file.bigEndian ? "b" : "l") + (file.bigTiff ? "8" : "");
  {
    const auto handle = matmq::codec::openTiff(
        mode.c_str(), {&memory, readMemory, writeMemory, seekMemory, sizeOfMemory, mapMemory}, 1U << 30, messages);
    REQUIRE(handle);
    setTags(handle.get(), file);
    using EncodedTile = decltype(&::TIFFWriteEncodedTile);
    void* library = dlopen("libtiff.so.6", RTLD_NOW);
    const auto writeTile = reinterpret_cast<EncodedTile>(dlsym(library, "TIFFWriteEncodedTile"));
    REQUIRE((writeTile != nullptr));
    const auto side = static_cast<int>(file.tile);
    const int planes = file.planar == 2 ? file.samples : 1;
    const int inPlane = file.planar == 2 ? 1 : file.samples;
    const int rowBytes = ((file.tile != 0 ? side : static_cast<int>(file.width)) * inPlane * file.bits + 7) / 8;
    if (file.tile != 0) {
      const std::uint32_t across = (file.width + file.tile - 1) / file.tile;
      const std::uint32_t down = (file.height + file.tile - 1) / file.tile;
      for (std::uint32_t tile = 0; tile < across * down * static_cast<std::uint32_t>(planes); ++tile) {
        cv::Mat pixels = picture(side, rowBytes, CV_8UC1) + cv::Scalar(tile * 17.0);
        REQUIRE(writeTile(handle.get(), tile, pixels.data, static_cast<tmsize_t>(pixels.total())) > 0);
      }
    } else {
      for (int plane = 0; plane < planes; ++plane) {
        cv::Mat pixels = picture(static_cast<int>(file.height), rowBytes, CV_8UC1);
        for (int y = 0; y < pixels.rows; ++y) {
          REQUIRE(lib.writeScanline(handle.get(), pixels.ptr(y), static_cast<std::uint32_t>(y),
                                    static_cast<std::uint16_t>(plane)) == 1);
        }
      }
    }
    REQUIRE(lib.writeDirectory(handle.get()) == 1);
  }
  return memory.bytes;
}

Bytes rawTiff(const std::vector<TiffEntry>& entries, const Bytes& behind, std::uint32_t next) {
  Bytes file{'I', 'I', 42, 0, 8, 0, 0, 0};
  putLittle16(file, static_cast<std::uint32_t>(entries.size()));
  for (const TiffEntry& entry : entries) {
    putLittle16(file, entry.tag);
    putLittle16(file, entry.type);
    putLittle32(file, entry.count);
    putLittle32(file, entry.value);
  }
  putLittle32(file, next);
  return join({file, behind});
}

std::vector<TiffEntry> plainEntries() {
  constexpr std::uint16_t number = 3;
  constexpr std::uint16_t large = 4;
  return {{256, large, 1, 16},  {257, large, 1, 16}, {258, number, 1, 8}, {259, number, 1, 1}, {262, number, 1, 1},
          {273, large, 1, 512}, {277, number, 1, 1}, {278, large, 1, 16}, {279, large, 1, 256}};
}

}  // namespace support
