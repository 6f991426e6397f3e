// The command line of the benchmark's programs: `--name value`, and nothing else.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace bench {

class Arguments {
 public:
  /// @throws std::invalid_argument on a name that is not in `known`, or without a value.
  Arguments(int argc, const char* const* argv, std::initializer_list<std::string_view> known);

  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  /// @throws std::invalid_argument when it was not given.
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback) const;
  /// @throws std::invalid_argument when it was not given or is no number of its own.
  [[nodiscard]] std::uint64_t number(std::string_view name) const;
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t fallback) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// Calls `program`, and ends with what it throws on stderr and exit code 1.
int runMain(int argc, const char* const* argv, int (*program)(int, const char* const*)) noexcept;

}  // namespace bench
