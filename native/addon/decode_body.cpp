#include "decode_body.hpp"

#include <algorithm>

#include "convert/fields.hpp"

namespace matmq::addon {
namespace {

bool isCompressed(std::span<const std::byte> bytes) {
  const auto format = formatOfMagic(bytes);
  return format && std::ranges::any_of(imageFormats(), [&](const ImageFormatFacts& facts) {
           return facts.format == *format && facts.compressed;
         });
}

/// The option `cancellation` of a decode, or one that nobody requests.
std::stop_source cancellationOf(Napi::Value options) {
  if (!options.IsObject()) return {};
  const Napi::Value given = ownField(options.As<Napi::Object>(), "cancellation");
  return given.IsExternal() ? *given.As<Napi::External<std::stop_source>>().Data() : std::stop_source();
}

}  // namespace

DecodeBody::DecodeBody(JsTaskQueue& tasks, const SharedBytes& bytes)
    : tasks_(tasks), bytes_(bytes.view), reading_(tasks.enter()) {
  if (!reading_ || bytes_.size() > mostCopied || !isCompressed(bytes_)) return;
  try {
    copy_ = copyBytes(bytes_);
  } catch (const std::bad_alloc&) {  // without a copy, then
    return;
  }
  tasks_.leave();
  reading_ = false;
}

DecodeBody::~DecodeBody() {
  if (reading_) tasks_.leave();
}

Napi::Value newCancellation(const Napi::CallbackInfo& info) {
  auto source = std::make_unique<std::stop_source>();
  const auto value = Napi::External<std::stop_source>::New(
      info.Env(), source.get(),
      [](Napi::Env, std::stop_source* done) { const std::unique_ptr<std::stop_source> owner(done); });
  static_cast<void>(source.release());  // the finalizer has it
  return value;
}

void cancel(const Napi::CallbackInfo& info) { info[0].As<Napi::External<std::stop_source>>().Data()->request_stop(); }

std::shared_ptr<DecodeStop> stopOf(Napi::Value given, DecodeOptions& options) {
  auto stop = std::make_shared<DecodeStop>(EnvState::of(given.Env()).ending(), cancellationOf(given));
  options.stop = stop->token();
  return stop;
}

}  // namespace matmq::addon
