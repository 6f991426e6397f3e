// libFuzzer's entry, to the target that the environment variable MATMQ_FUZZ_TARGET names.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "targets.hpp"

namespace {

const fuzz::Target& chosen() {
  const char* const name = std::getenv("MATMQ_FUZZ_TARGET");
  for (const fuzz::Target& target : fuzz::targets()) {
    if (name != nullptr && target.name == name) return target;
  }
  std::fprintf(stderr, "Expected MATMQ_FUZZ_TARGET to name one of:");
  for (const fuzz::Target& target : fuzz::targets()) std::fprintf(stderr, " %s", std::string(target.name).c_str());
  std::fprintf(stderr, "\n");
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Target& target = chosen();
  try {
    target.run(std::as_bytes(std::span(data, size)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", std::string(target.name).c_str(), error.what());
    std::abort();
  }
  return 0;
}
