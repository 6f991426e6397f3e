// An addon that does nothing: what loading any addon costs.
#include <napi.h>

namespace {

Napi::Object load(Napi::Env /*env*/, Napi::Object exports) { return exports; }

}  // namespace

NODE_API_MODULE(empty, load)
