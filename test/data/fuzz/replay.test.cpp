// Every seed and everything that fuzzing has found, through its target once more: what was mended stays mended.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "support/files.hpp"
#include "targets.hpp"

namespace {

namespace fs = std::filesystem;

/// How many there were.
int replay(const fuzz::Target& target, const fs::path& folder) {
  if (!fs::exists(folder)) return 0;
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    const std::string input = files::read(entry.path());
    CHECK_NOTHROW(target.run(std::as_bytes(std::span(input))));
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("fuzz: every target takes its seeds and what was found before") {
  const fs::path root = MATMQ_FUZZ_FOLDER;
  for (const fuzz::Target& target : fuzz::targets()) {
    CAPTURE(target.name);
    CHECK(replay(target, root / "seeds" / target.name) > 0);
    replay(target, root / "regressions" / target.name);
  }
}

TEST_CASE("fuzz: no folder is left that has no target") {
  for (const char* kind : {"seeds", "regressions"}) {
    const fs::path folder = fs::path(MATMQ_FUZZ_FOLDER) / kind;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      CAPTURE(name);
      bool known = false;
      for (const fuzz::Target& target : fuzz::targets()) known = known || target.name == name;
      CHECK(known);
    }
  }
}
