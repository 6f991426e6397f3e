// Memory of the core that JavaScript sees, by address.
//
// Node frees the memory of external buffers before anything else when an environment ends, before every cleanup hook, so
// a reference to the JavaScript value does not keep it. Whoever reads such memory on another thread holds its owner.
//
// Threading: the environment's JavaScript thread only.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>

namespace matmq::addon {

class ExternalMemory {
 public:
  void add(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner) {
    regions_.insert_or_assign(bytes.data(), Region{bytes.size(), owner});
  }
  void remove(const std::byte* data) { regions_.erase(data); }

  /// Who owns the memory `data` points into; null when it is not ours.
  [[nodiscard]] std::shared_ptr<const void> ownerOf(const std::byte* data) const {
    auto after = regions_.upper_bound(data);
    if (after == regions_.begin()) return nullptr;
    const auto& [begin, region] = *std::prev(after);
    return data < begin + region.size ? region.owner.lock() : nullptr;
  }

 private:
  struct Region {
    std::size_t size = 0;
    std::weak_ptr<const void> owner;
  };
  std::map<const std::byte*, Region> regions_;
};

}  // namespace matmq::addon
