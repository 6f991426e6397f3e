#include "image/formats/tiff/tiff_library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <matmq/error.hpp>
#include <new>

namespace matmq::codec {
namespace {

[[noreturn]] void missing(const std::string& tried, const char* reason) {
  throw Error(ErrorCode::codecMissing,
              "Expected libtiff 4.5 or later for TIFF images but " + tried + " cannot be loaded (" +
                  (reason == nullptr ? "no reason given" : reason) +
                  "): install it (Debian: libtiff6), or name its file in the environment variable MATMQ_LIBTIFF");
}

template <typename Function>
void find(void* library, const std::string& tried, const char* name, Function& function) {
  void* symbol = ::dlsym(library, name);
  if (symbol == nullptr) missing(tried, ::dlerror());
  function = reinterpret_cast<Function>(symbol);
}

LibTiff load() {
  const char* named = std::getenv("MATMQ_LIBTIFF");
  const std::string file = named != nullptr && *named != '\0' ? named : "libtiff.so.6";
  const std::string tried = "'" + file + "'";
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) missing(tried, ::dlerror());
  LibTiff lib{};
  find(library, tried, "TIFFOpenOptionsAlloc", lib.optionsAlloc);
  find(library, tried, "TIFFOpenOptionsFree", lib.optionsFree);
  find(library, tried, "TIFFOpenOptionsSetMaxSingleMemAlloc", lib.optionsSetMaxSingleMemAlloc);
  find(library, tried, "TIFFOpenOptionsSetErrorHandlerExtR", lib.optionsSetErrorHandler);
  find(library, tried, "TIFFOpenOptionsSetWarningHandlerExtR", lib.optionsSetWarningHandler);
  find(library, tried, "TIFFClientOpenExt", lib.clientOpen);
  find(library, tried, "TIFFClose", lib.close);
  find(library, tried, "TIFFGetField", lib.getField);
  find(library, tried, "TIFFSetField", lib.setField);
  find(library, tried, "TIFFScanlineSize64", lib.scanlineSize);
  find(library, tried, "TIFFTileSize64", lib.tileSize);
  find(library, tried, "TIFFReadScanline", lib.readScanline);
  find(library, tried, "TIFFReadEncodedTile", lib.readEncodedTile);
  find(library, tried, "TIFFWriteScanline", lib.writeScanline);
  find(library, tried, "TIFFWriteDirectory", lib.writeDirectory);
  return lib;
}

int closeNothing(thandle_t) { return 0; }
void unmapNothing(thandle_t, void*, toff_t) {}

}  // namespace

const LibTiff& libtiff() {
  static const LibTiff lib = load();  // after an exception the next call tries again
  return lib;
}

std::string TiffMessages::text() const {
  return first_[0] == '\0' ? "libtiff gives no reason" : "libtiff says '" + std::string(first_.data()) + "'";
}

int TiffMessages::onError(TIFF*, void* self, const char*, const char* format, va_list arguments) noexcept {
  auto& first = static_cast<TiffMessages*>(self)->first_;
  if (first[0] == '\0') std::vsnprintf(first.data(), first.size(), format, arguments);
  // The message may quote any bytes of the body.
  std::ranges::replace_if(
      first, [](char c) { return c != '\0' && (c < ' ' || c > '~'); }, '?');
  return 1;  // handled: libtiff does not call the process-wide handler
}

int TiffMessages::onWarning(TIFF*, void*, const char*, const char*, va_list) noexcept { return 1; }

TiffHandle openTiff(const char* mode, const TiffClient& client, std::size_t mostAllocation, TiffMessages& messages) {
  const LibTiff& lib = libtiff();
  const std::unique_ptr<TIFFOpenOptions, decltype(lib.optionsFree)> options(lib.optionsAlloc(), lib.optionsFree);
  if (!options) throw std::bad_alloc();
  constexpr std::size_t most = std::numeric_limits<tmsize_t>::max();
  lib.optionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(std::min(mostAllocation, most)));
  lib.optionsSetErrorHandler(options.get(), TiffMessages::onError, &messages);
  lib.optionsSetWarningHandler(options.get(), TiffMessages::onWarning, &messages);
  return TiffHandle(lib.clientOpen("image", mode, client.self, client.read, client.write, client.seek, closeNothing,
                                   client.size, client.map, unmapNothing, options.get()));
}

}  // namespace matmq::codec
