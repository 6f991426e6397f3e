// Images without a connection: bytes and files to matrices and back, on the codec threads.
//
// Each call answers with a promise, which keeps the process alive while it is pending. A matrix is five arguments:
// rows, cols, type, step, data (as NativeProducer.sendImage takes it). The shapes are those of lib/addon/contract.ts.
#pragma once

#include "convert/convert.hpp"
#include "environment/env_state.hpp"
#include "environment/held_array.hpp"

namespace matmq::addon {

/// A matrix over the memory of JavaScript, which `owner` keeps.
struct HeldMat {
  cv::Mat mat;
  std::shared_ptr<const void> owner;
};

/// Reads the five arguments from `first` on.
/// @throws Error INVALID_MATRIX when the data do not cover the rows
[[nodiscard]] HeldMat matFrom(const Napi::CallbackInfo& info, std::size_t first, Keep keep = Keep::held,
                              Taken given = nullptr);

/// decodeBytes(bytes, options): Promise<NativeMat>
Napi::Value decodeBytes(const Napi::CallbackInfo& info);
/// readImage(path, options): Promise<NativeMat>
Napi::Value readImageFile(const Napi::CallbackInfo& info);
/// encodeImage(rows, cols, type, step, data, format, options): Promise<Uint8Array>
Napi::Value encodeToBytes(const Napi::CallbackInfo& info);
/// writeImage(rows, cols, type, step, data, path, format, options): Promise<void>; an empty format: as the path says
Napi::Value writeImageFile(const Napi::CallbackInfo& info);
/// convertImage(rows, cols, type, step, data, conversion): Promise<NativeMat>
Napi::Value convertOnCodecThread(const Napi::CallbackInfo& info);

}  // namespace matmq::addon
