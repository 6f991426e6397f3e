// Received messages as JavaScript sees them: values, not handles, so that the youngest generation's garbage collection
// gives their memory back. A wrapped native object would hold its body until a full collection.
#pragma once

#include <vector>

#include "convert/convert.hpp"

namespace matmq::addon {

inline constexpr std::uint32_t valuesPerDelivery = 6;

/// The values of a batch of deliveries, one after the other (lib/addon/contract.ts, NativeConsumer.take). For one call
/// of JavaScript, within its handle scope.
class DeliveryValues {
 public:
  DeliveryValues(Napi::Env env, std::size_t deliveries) : env_(env) { values_.reserve(deliveries * valuesPerDelivery); }

  void append(const Message& message);
  /// What `collect` makes of them: one call for all, because to set the elements of an array costs more than a call for
  /// each.
  [[nodiscard]] Napi::Value passTo(Napi::Function collect) const { return collect.Call(values_); }

 private:
  /// Messages that follow each other mostly say the same.
  struct Text {
    std::string text;
    napi_value value = nullptr;
  };
  napi_value repeated(Text& last, const std::string& text) const;

  const Napi::Env env_;
  std::vector<napi_value> values_;
  Text exchange_;
  Text routingKey_;
};

/// The octets in a string that has one character for each.
[[nodiscard]] std::string octetsOf(Napi::Value value);

/// NativeConsumer.decode(encodedProperties, body, options?): Promise<NativeMat>; `properties` are the decoded ones.
/// What the options do not say is as in `standard`.
Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info, Properties properties, const DecodeOptions& standard);

}  // namespace matmq::addon
