#include "measure.hpp"

#include <sys/resource.h>
#include <sys/time.h>

#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

double seconds(const timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpuSeconds() noexcept {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  return seconds(now.ru_utime) + seconds(now.ru_stime);
}

// The most resident memory the process ever had. What getrusage says counts the process that it was forked from, too.
std::uint64_t peakRss() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

double monotonic() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void say(const char* word) {
  std::puts(word);
  std::fflush(stdout);
}

}  // namespace

void Measurement::start() {
  startedAt_ = monotonic();
  cpu_ = cpuSeconds();
}

void Measurement::stop() {
  endedAt_ = monotonic();
  cpu_ = cpuSeconds() - cpu_;
}

void Measurement::report(std::uint64_t messages, std::uint64_t bytes) const {
  std::printf("{\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64
              ",\"startedAt\":%.6f,\"endedAt\":%.6f,\"cpuSeconds\":%.6f,\"peakRss\":%" PRIu64 "}\n",
              messages, bytes, startedAt_, endedAt_, cpu_, peakRss());
  std::fflush(stdout);
}

void sayReady() { say("ready"); }

void sayWarm() { say("warm"); }

void waitForGo() {
  std::string line;
  if (!std::getline(std::cin, line)) throw std::runtime_error("nobody said go");
}

}  // namespace bench
