// The module: what `require('matmq.node')` gives (NativeAddon of lib/addon/contract.ts).
#include <matmq/engine/codec_pool.hpp>
#include <matmq/version.hpp>

#include "codec_calls.hpp"
#include "convert/fields.hpp"
#include "decode_body.hpp"
#include "environment/env_state.hpp"
#include "native_consumer.hpp"
#include "native_producer.hpp"

namespace matmq::addon {
namespace {

Napi::Value defaults(const Napi::CallbackInfo& info) {
  auto object = Napi::Object::New(info.Env());
  object.Set("producer", producerOptionsObject(info.Env(), ProducerOptions{}));
  object.Set("consumer", consumerOptionsObject(info.Env(), ConsumerOptions{}));
  return object;
}

Napi::Value codecThreads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), codec_pool::threads());
}

void setCodecThreads(const Napi::CallbackInfo& info) {
  guarded(info.Env(),
          [&] { codec_pool::setThreads(static_cast<unsigned>(std::max(0, info[0].ToNumber().Int32Value()))); });
}

Napi::Value codecMemoryOf(const Napi::CallbackInfo& info) { return number(info.Env(), codecMemory()); }

void setCodecMemoryTo(const Napi::CallbackInfo& info) {
  guarded(info.Env(),
          [&] { setCodecMemory(static_cast<std::uint64_t>(std::max(0.0, info[0].ToNumber().DoubleValue()))); });
}

Napi::Value versions(const Napi::CallbackInfo& info) {
  auto object = Napi::Object::New(info.Env());
  for (const auto& [name, version] : libraryVersions()) object.Set(name, version);
  return object;
}

/// The strings of all error codes, each with the family it belongs to.
Napi::Value errorCodes(const Napi::CallbackInfo& info) {
  auto object = Napi::Object::New(info.Env());
  for (const ErrorCode code : allErrorCodes()) {
    object.Set(std::string(errorCodeName(code)), kindName(errorKind(code)));
  }
  return object;
}

/// The image formats: NativeImageFormat of lib/addon/contract.ts.
Napi::Value formats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto list = Napi::Array::New(env);
  for (const ImageFormatFacts& facts : imageFormats()) {
    auto object = Napi::Object::New(env);
    object.Set("name", std::string(facts.name));
    object.Set("contentType", std::string(facts.contentType));
    object.Set("names", textArray(env, {facts.names.begin(), facts.names.end()}));
    object.Set("decodable", facts.decodable);
    object.Set("usual", facts.usual);
    list.Set(list.Length(), object);
  }
  return list;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(std::make_unique<EnvState>(env).release());  // Node-API owns and deletes it
  exports.Set("NativeProducer", NativeProducer::define(env));
  exports.Set("NativeConsumer", NativeConsumer::define(env));
  exports.Set("release", Napi::Function::New<releaseBytes>(env, "release"));
  exports.Set("decodeBytes", Napi::Function::New<decodeBytes>(env, "decodeBytes"));
  exports.Set("encodeImage", Napi::Function::New<encodeToBytes>(env, "encodeImage"));
  exports.Set("readImage", Napi::Function::New<readImageFile>(env, "readImage"));
  exports.Set("writeImage", Napi::Function::New<writeImageFile>(env, "writeImage"));
  exports.Set("convertImage", Napi::Function::New<convertOnCodecThread>(env, "convertImage"));
  exports.Set("defaults", Napi::Function::New<defaults>(env, "defaults"));
  exports.Set("codecThreads", Napi::Function::New<codecThreads>(env, "codecThreads"));
  exports.Set("setCodecThreads", Napi::Function::New<setCodecThreads>(env, "setCodecThreads"));
  exports.Set("codecMemory", Napi::Function::New<codecMemoryOf>(env, "codecMemory"));
  exports.Set("setCodecMemory", Napi::Function::New<setCodecMemoryTo>(env, "setCodecMemory"));
  exports.Set("newCancellation", Napi::Function::New<newCancellation>(env, "newCancellation"));
  exports.Set("cancel", Napi::Function::New<cancel>(env, "cancel"));
  exports.Set("errorCodes", Napi::Function::New<errorCodes>(env, "errorCodes"));
  exports.Set("imageFormats", Napi::Function::New<formats>(env, "imageFormats"));
  exports.Set("versions", Napi::Function::New<versions>(env, "versions"));
  return exports;
}

}  // namespace
}  // namespace matmq::addon

namespace {
Napi::Object Init(Napi::Env env, Napi::Object exports) { return matmq::addon::init(env, exports); }
}  // namespace

NODE_API_MODULE(matmq, Init)
