#include "convert/convert.hpp"

#include <array>

#include "convert/fields.hpp"

namespace matmq::addon {
namespace {

constexpr std::array kindNames{"connection",        "channel", "publish", "image",    "message",
                               "endOfTransmission", "closed",  "timeout", "argument", "internal"};
static_assert(kindNames.size() == static_cast<std::size_t>(ErrorKind::internal) + 1);
constexpr std::array<const char*, 6> eventNames{"connected", "disconnected", "reconnecting",
                                                "blocked",   "unblocked",    "closed"};

// In the order of the enums of image.hpp.
constexpr std::array<const char*, 2> orderNames{"bgr", "rgb"};
constexpr std::array<const char*, 5> subsamplingNames{"4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1"};
constexpr std::array<const char*, 5> strategyNames{"default", "filtered", "huffman", "rle", "fixed"};
constexpr std::array<const char*, 7> filterNames{"none", "sub", "up", "average", "paeth", "fast", "all"};

template <typename Enum, std::size_t N>
std::optional<Enum> optionalNamed(Napi::Object object, const char* name, const std::array<const char*, N>& names) {
  const Napi::Value field = ownField(object, name);
  if (!field.IsString()) return std::nullopt;
  return named<Enum>(field.As<Napi::String>(), names);
}

void describe(Napi::Env env, Napi::Object target, const Error& error) {
  target.Set("kind", kindName(error.kind()));
  target.Set("code", std::string(error.codeName()));
  target.Set("replyCode", Napi::Number::New(env, error.replyCode()));
}

}  // namespace

const char* kindName(ErrorKind kind) noexcept { return kindNames[static_cast<std::size_t>(kind)]; }

Napi::Object errorObject(Napi::Env env, const Error& error) {
  auto object = Napi::Object::New(env);
  object.Set("message", error.what());
  describe(env, object, error);
  return object;
}

Napi::Error jsError(Napi::Env env, const Error& error) {
  Napi::Error thrown = Napi::Error::New(env, error.what());
  describe(env, thrown.Value(), error);
  return thrown;
}

Napi::Array eventArray(Napi::Env env, const std::vector<Event>& events) {
  auto array = Napi::Array::New(env, events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    auto object = Napi::Object::New(env);
    object.Set("kind", eventNames.at(static_cast<std::size_t>(event.kind)));
    object.Set("peer", event.peer);
    object.Set("reason", event.reason);
    object.Set("delay", Napi::Number::New(env, static_cast<double>(event.delay.count())));
    object.Set("attempt", Napi::Number::New(env, event.attempt));
    if (event.error) object.Set("error", errorObject(env, *event.error));
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

EncodeOptions encodeOptionsFrom(Napi::Value value) {
  EncodeOptions options;
  if (!value.IsObject()) return options;
  const auto object = value.As<Napi::Object>();
  const auto integer = [&object](const char* name) -> std::optional<int> {
    const Napi::Value field = ownField(object, name);
    return field.IsNumber() ? std::optional<int>(field.As<Napi::Number>().Int32Value()) : std::nullopt;
  };
  const auto flag = [&object](const char* name) -> std::optional<bool> {
    const Napi::Value field = ownField(object, name);
    return field.IsBoolean() ? std::optional<bool>(field.As<Napi::Boolean>().Value()) : std::nullopt;
  };
  options.quality = integer("quality");
  options.progressive = flag("progressive");
  options.optimize = flag("optimize");
  options.restartInterval = integer("restartInterval");
  options.chromaSubsampling = optionalNamed<ChromaSubsampling>(object, "chromaSubsampling", subsamplingNames);
  options.compression = integer("compression");
  options.strategy = optionalNamed<PngStrategy>(object, "strategy", strategyNames);
  options.filter = optionalNamed<PngFilter>(object, "filter", filterNames);
  options.lossless = flag("lossless");
  options.channelOrder = optionalNamed<ChannelOrder>(object, "channelOrder", orderNames).value_or(ChannelOrder::bgr);
  return options;
}

ImageFormats imageFormatsFrom(Napi::Array names) {
  ImageFormats formats{};
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    formats.add(parseImageFormat(names.Get(i).ToString().Utf8Value()));
  }
  return formats;
}

DecodeOptions decodeOptionsFrom(Napi::Value value, const DecodeOptions& standard) {
  DecodeOptions options = standard;
  if (!value.IsObject()) return options;
  const auto object = value.As<Napi::Object>();
  if (const Napi::Value mode = ownField(object, "mode"); mode.IsString()) {
    const std::string name = mode.As<Napi::String>();
    if (name == "color") options.mode = DecodeMode::color;
    if (name == "grayscale") options.mode = DecodeMode::grayscale;
  }
  if (const Napi::Value ignore = ownField(object, "ignoreOrientation"); ignore.IsBoolean()) {
    options.ignoreOrientation = ignore.As<Napi::Boolean>();
  }
  if (const Napi::Value reduce = ownField(object, "reduce"); reduce.IsNumber()) {
    options.reduce = reduce.As<Napi::Number>().Int32Value();
  }
  if (const Napi::Value formats = ownField(object, "formats"); formats.IsArray()) {
    options.formats = imageFormatsFrom(formats.As<Napi::Array>());
  }
  const auto limit = [&object](const char* name, std::uint64_t& target) {
    const Napi::Value given = ownField(object, name);
    if (given.IsNumber()) target = static_cast<std::uint64_t>(given.As<Napi::Number>().DoubleValue());
  };
  limit("pixels", options.limits.pixels);
  limit("decodedBytes", options.limits.decodedBytes);
  if (const Napi::Value time = ownField(object, "decodeTime"); time.IsNumber())
    options.limits.decodeTime = std::chrono::milliseconds(time.As<Napi::Number>().Int64Value());
  if (const Napi::Value damaged = ownField(object, "damaged"); damaged.IsString())
    options.damaged = damaged.As<Napi::String>().Utf8Value() == "keep" ? DamagedImage::keep : DamagedImage::refuse;
  return options;
}

}  // namespace matmq::addon
