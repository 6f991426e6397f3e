#include "arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace bench {

Arguments::Arguments(int argc, const char* const* argv, std::initializer_list<std::string_view> known) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view word = argv[i];
    const std::string_view name = word.starts_with("--") ? word.substr(2) : "";
    if (std::ranges::find(known, name) == known.end())
      throw std::invalid_argument("unknown argument " + std::string(word));
    if (i + 1 == argc) throw std::invalid_argument(std::string(word) + " needs a value");
    values_.emplace(name, argv[i + 1]);
  }
}

const std::string& Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw std::invalid_argument("--" + std::string(name) + " is missing");
  return found->second;
}

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  return has(name) ? text(name) : std::string(fallback);
}

std::uint64_t Arguments::number(std::string_view name) const {
  const std::string& value = text(name);
  std::uint64_t result = 0;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, result);
  if (error != std::errc() || end != last)
    throw std::invalid_argument("--" + std::string(name) + " expects a number, not " + value);
  return result;
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t fallback) const {
  return has(name) ? number(name) : fallback;
}

int runMain(int argc, const char* const* argv, int (*program)(int, const char* const*)) noexcept {
  try {
    return program(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace bench
