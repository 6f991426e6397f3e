// The memory of received bodies.
#include "base/body_pool.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <thread>
#include <vector>

using namespace matmq;

TEST_CASE("every block can be written from its first to its last byte, and is aligned for any matrix") {
  for (const std::size_t size : {0U, 1U, 100U, 131'071U, 131'072U, 1'000'000U, 24'883'200U}) {
    const auto block = body_pool::allocate(size);
    REQUIRE(block != nullptr);
    std::memset(block.get(), 7, size);
    CHECK(reinterpret_cast<std::uintptr_t>(block.get()) % 64 == 0);
  }
}

TEST_CASE("a large block comes back warm, and idle memory stays below its bound") {
  const std::byte* first = nullptr;
  {
    const auto block = body_pool::allocate(10'000'000);
    first = block.get();
  }
  CHECK(body_pool::idle() >= 10'000'000);
  CHECK(body_pool::allocate(10'000'000).get() == first);
  std::vector<std::shared_ptr<std::byte>> many;
  for (int i = 0; i < 20; ++i) many.push_back(body_pool::allocate(10'000'000));
  many.clear();
  CHECK(body_pool::idle() <= body_pool::maxIdle);
}

TEST_CASE("blocks may be released on any thread") {
  auto block = body_pool::allocate(500'000);
  std::thread([mine = std::move(block)]() mutable { mine.reset(); }).join();
  CHECK(body_pool::idle() <= body_pool::maxIdle);
}
