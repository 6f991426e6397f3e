// libtiff, loaded when it is needed for the first time.
//
// Rules
// 1. Nothing is linked with libtiff: `libtiff()` opens it with dlopen, once, and it stays for the life of the
//    process. A program that never meets a TIFF has neither its code nor that of the ten libraries it needs itself.
// 2. It is the libtiff of the system's loader, or the file that the environment variable MATMQ_LIBTIFF names.
// 3. Errors and warnings go to the handlers of each handle (TiffMessages), never to stderr nor to the process-wide
//    handlers, which belong to the program.
// 4. Handles are used by one thread each; the table of functions by any.
#pragma once

#include <tiffio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

static_assert(TIFFLIB_VERSION >= 20221213, "MatMQ needs libtiff 4.5 or later, which has handlers for each handle");

namespace matmq::codec {

/// The functions in use, with the types of <tiffio.h>.
struct LibTiff {
  decltype(&::TIFFOpenOptionsAlloc) optionsAlloc;
  decltype(&::TIFFOpenOptionsFree) optionsFree;
  decltype(&::TIFFOpenOptionsSetMaxSingleMemAlloc) optionsSetMaxSingleMemAlloc;
  decltype(&::TIFFOpenOptionsSetErrorHandlerExtR) optionsSetErrorHandler;
  decltype(&::TIFFOpenOptionsSetWarningHandlerExtR) optionsSetWarningHandler;
  decltype(&::TIFFClientOpenExt) clientOpen;
  decltype(&::TIFFClose) close;
  decltype(&::TIFFGetField) getField;
  decltype(&::TIFFSetField) setField;
  decltype(&::TIFFScanlineSize64) scanlineSize;
  decltype(&::TIFFTileSize64) tileSize;
  decltype(&::TIFFReadScanline) readScanline;
  decltype(&::TIFFReadEncodedTile) readEncodedTile;
  decltype(&::TIFFWriteScanline) writeScanline;
  decltype(&::TIFFWriteDirectory) writeDirectory;
};

/// @throws Error CODEC_MISSING, saying what to install
[[nodiscard]] const LibTiff& libtiff();

/// The first thing that libtiff complained of about one handle. It outlives the handle.
class TiffMessages {
 public:
  TiffMessages() = default;
  TiffMessages(const TiffMessages&) = delete;
  TiffMessages& operator=(const TiffMessages&) = delete;

  /// "libtiff says '...'", or that it says nothing.
  [[nodiscard]] std::string text() const;

  [[gnu::format(printf, 4, 0)]] static int onError(TIFF* handle, void* self, const char* module, const char* format,
                                                   va_list arguments) noexcept;
  static int onWarning(TIFF* handle, void* self, const char* module, const char* format, va_list arguments) noexcept;

 private:
  std::array<char, 200> first_{};
};

struct TiffCloser {
  void operator()(TIFF* handle) const noexcept { libtiff().close(handle); }
};
using TiffHandle = std::unique_ptr<TIFF, TiffCloser>;

/// Where libtiff reads and writes: functions of <tiffio.h>, and what they are given.
struct TiffClient {
  void* self;
  TIFFReadWriteProc read;
  TIFFReadWriteProc write;
  TIFFSeekProc seek;
  TIFFSizeProc size;
  TIFFMapFileProc map;
};

/// Null when libtiff refuses; `messages` has its reason. libtiff takes no block of more than `mostAllocation` bytes.
[[nodiscard]] TiffHandle openTiff(const char* mode, const TiffClient& client, std::size_t mostAllocation,
                                  TiffMessages& messages);

}  // namespace matmq::codec
