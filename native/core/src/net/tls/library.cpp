#include "net/tls/library.hpp"

#include <dlfcn.h>

#include <matmq/error.hpp>
#include <string>

namespace matmq::net::tls {
namespace {

constexpr const char* fileName = "libgnutls.so.30";

Error unavailable(const char* why) {
  return {ErrorCode::tlsUnavailable, std::string("Expected GnuTLS 3.7 or later (") + fileName +
                                         ") for a TLS connection but " +
                                         (why != nullptr ? why : "it cannot be loaded") +
                                         ". Install it: libgnutls30 on Debian and Ubuntu, gnutls on Fedora"};
}

template <typename Member>
void find(void* handle, const char* symbol, Member& member) {
  void* const address = ::dlsym(handle, symbol);
  if (address == nullptr) throw unavailable(::dlerror());
  member = reinterpret_cast<Member>(address);
}

Library load() {
  // Local: its symbols are nobody's but ours. Never unloaded: it keeps state for each thread.
  void* const handle = ::dlopen(fileName, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) throw unavailable(::dlerror());
  Library out;
#define MATMQ_FIND(name) find(handle, "gnutls_" #name, out.name);
  MATMQ_GNUTLS(MATMQ_FIND)
#undef MATMQ_FIND
  find(handle, "gnutls_free", out.free);
  return out;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();  // when it throws, the next call tries again
  return loaded;
}

}  // namespace matmq::net::tls
