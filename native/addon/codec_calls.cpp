#include "codec_calls.hpp"

#include <matmq/engine/codec_pool.hpp>
#include <matmq/image_file.hpp>

#include "decode_body.hpp"
#include "environment/env_state.hpp"

namespace matmq::addon {
namespace {

/// While it lives, the memory of JavaScript may be read; false when that is gone already.
class Reading {
 public:
  explicit Reading(JsTaskQueue& tasks) : tasks_(tasks), allowed_(tasks.enter()) {}
  ~Reading() {
    if (allowed_) tasks_.leave();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  explicit operator bool() const noexcept { return allowed_; }

 private:
  JsTaskQueue& tasks_;
  bool allowed_;
};

/// What a codec thread makes: nothing when the environment has ended.
template <typename Result>
using Work = std::function<std::optional<Result>(JsTaskQueue&)>;

/// Runs `work` on a codec thread; the promise resolves to what `answer` makes of the result on the JavaScript thread.
template <typename Result>
Napi::Value onCodecThread(Napi::Env env, Work<Result> work, Napi::Value (*answer)(Napi::Env, const Result&)) {
  struct Call {
    Napi::Promise::Deferred deferred;
    Work<Result> work;
    std::optional<Result> result;
    std::optional<Error> error;

    void run(JsTaskQueue& tasks) noexcept {
      try {
        result = work(tasks);
      } catch (const Error& failure) {
        error = failure;
      } catch (const std::bad_alloc&) {
        error = Error(ErrorCode::limitExceeded, "Expected memory for the image but the system gives none");
      } catch (const std::exception& failure) {
        error = Error(ErrorCode::cannotDecode, failure.what());
      }
      work = {};  // what it holds is not needed any more
    }
  };
  EnvState& state = EnvState::of(env);
  auto call =
      std::make_shared<Call>(Call{Napi::Promise::Deferred::New(env), std::move(work), std::nullopt, std::nullopt});
  const Napi::Value promise = call->deferred.Promise();
  codec_pool::submit([call, answer, tasks = state.tasks()]() mutable {
    call->run(*tasks);
    if (!call->result && !call->error) return;  // the environment has ended
    tasks->post([done = std::move(call), answer](Napi::Env where) {
      EnvState::of(where).allowExit(where);
      if (done->error) return done->deferred.Reject(jsError(where, *done->error).Value());
      done->deferred.Resolve(answer(where, *done->result));
    });
  });
  state.keepAlive(env);  // the task that allows exit runs in a later turn
  return promise;
}

Napi::Value matAnswer(Napi::Env env, const DecodedImage& image) {
  const cv::Mat& mat = image.mat;
  const std::size_t size =
      static_cast<std::size_t>(mat.rows - 1) * mat.step[0] + static_cast<std::size_t>(mat.cols) * mat.elemSize();
  auto object = Napi::Object::New(env);
  object.Set("rows", Napi::Number::New(env, mat.rows));
  object.Set("cols", Napi::Number::New(env, mat.cols));
  object.Set("type", Napi::Number::New(env, mat.type()));
  object.Set("step", number(env, mat.step[0]));
  remindOfExternalMemory(env);
  object.Set("data", externalBytes(env, {reinterpret_cast<const std::byte*>(mat.data), size},
                                   std::make_shared<const cv::Mat>(mat)));
  if (image.damaged) object.Set("damaged", true);
  return object;
}

Napi::Value bytesAnswer(Napi::Env env, const SharedBytes& bytes) {
  remindOfExternalMemory(env);
  return externalBytes(env, bytes.view, bytes.owner);
}

struct Done {};
Napi::Value doneAnswer(Napi::Env env, const Done&) { return env.Undefined(); }

/// In the order of Conversion.
constexpr std::array<const char*, 3> conversionNames{"copy", "swapRedBlue", "rgba"};
enum class Conversion : std::uint8_t { copy, swapRedBlue, rgba };

cv::Mat converted(const cv::Mat& mat, Conversion conversion) {
  switch (conversion) {
    case Conversion::copy:
      break;
    case Conversion::swapRedBlue:
      return swapRedBlue(mat);
    case Conversion::rgba:
      return toRgba(mat);
  }
  return mat.clone();
}

}  // namespace

HeldMat matFrom(const Napi::CallbackInfo& info, std::size_t first, Keep keep, Taken given) {
  const int rows = info[first].ToNumber();
  const int cols = info[first + 1].ToNumber();
  const int type = info[first + 2].ToNumber();
  const auto step = static_cast<std::size_t>(info[first + 3].ToNumber().Int64Value());
  const SharedBytes bytes = bytesFrom(info.Env(), info[first + 4], keep, std::move(given));
  // The addon trusts nobody with memory: lib/ has checked this, too.
  const std::size_t rowBytes =
      static_cast<std::size_t>(std::max(cols, 0)) * static_cast<std::size_t>(CV_ELEM_SIZE(type));
  // In an order in which nothing can overflow.
  const bool covered = rows > 0 && cols > 0 && step >= rowBytes && rowBytes <= bytes.size() &&
                       static_cast<std::size_t>(rows - 1) <= (bytes.size() - rowBytes) / step;
  if (!covered) {
    throw Error(ErrorCode::invalidMatrix, "Expected a matrix whose data covers its rows but received " +
                                              std::to_string(rows) + " rows of " + std::to_string(cols) + " in " +
                                              std::to_string(bytes.size()) + " bytes");
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
  return {cv::Mat(rows, cols, type, const_cast<std::byte*>(bytes.view.data()), step), bytes.owner};
}

Napi::Value decodeBytes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    DecodeOptions options = decodeOptionsFrom(info[1]);
    auto stop = stopOf(info[1], options);
    return onCodecThread<DecodedImage>(
        info.Env(),
        [bytes = bytesFrom(info.Env(), info[0]), options = std::move(options),
         stop = std::move(stop)](JsTaskQueue& tasks) -> std::optional<DecodedImage> {
          const DecodeBody body(tasks, bytes);
          if (!body) return std::nullopt;
          DecodedImage image;
          image.mat = decodeImage(body.view(), options, &image.damaged);
          return image;
        },
        matAnswer);
  });
}

Napi::Value readImageFile(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    DecodeOptions options = decodeOptionsFrom(info[1]);
    auto stop = stopOf(info[1], options);
    return onCodecThread<DecodedImage>(
        info.Env(),
        [path = info[0].ToString().Utf8Value(), options = std::move(options),
         stop = std::move(stop)](JsTaskQueue&) -> std::optional<DecodedImage> {
          DecodedImage image;
          image.mat = readImage(path, options, &image.damaged);
          return image;
        },
        matAnswer);
  });
}

Napi::Value encodeToBytes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return onCodecThread<SharedBytes>(
        info.Env(),
        [held = matFrom(info, 0), format = parseImageFormat(info[5].ToString().Utf8Value()),
         options = encodeOptionsFrom(info[6])](JsTaskQueue& tasks) -> std::optional<SharedBytes> {
          const Reading reading(tasks);
          if (!reading) return std::nullopt;
          return encodeImage(held.mat, format, options);
        },
        bytesAnswer);
  });
}

Napi::Value writeImageFile(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const std::string path = info[5].ToString().Utf8Value();
    const std::string name = info[6].ToString().Utf8Value();
    return onCodecThread<Done>(
        info.Env(),
        [held = matFrom(info, 0), path, format = name.empty() ? formatOfPath(path) : parseImageFormat(name),
         options = encodeOptionsFrom(info[7])](JsTaskQueue& tasks) -> std::optional<Done> {
          SharedBytes bytes;
          {
            const Reading reading(tasks);
            if (!reading) return std::nullopt;
            bytes = encodeImage(held.mat, format, options);
          }  // a slow disk does not hold up the end of the environment
          writeFile(path, bytes.view);
          return Done{};
        },
        doneAnswer);
  });
}

Napi::Value convertOnCodecThread(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return onCodecThread<DecodedImage>(
        info.Env(),
        [held = matFrom(info, 0), conversion = named<Conversion>(info[5].ToString(), conversionNames)](
            JsTaskQueue& tasks) -> std::optional<DecodedImage> {
          const Reading reading(tasks);
          if (!reading) return std::nullopt;
          return DecodedImage{converted(held.mat, conversion), nullptr};
        },
        matAnswer);
  });
}

}  // namespace matmq::addon
