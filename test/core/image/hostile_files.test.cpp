// No body makes a decoder open a file or a socket, or start a program: the kernel kills the process that tries.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

#include "hostile_bodies.hpp"

namespace {

constexpr std::array forbidden{
#ifdef SYS_open
    SYS_open,   SYS_creat,     SYS_rename,       SYS_unlink,  SYS_mkdir,  SYS_fork,
#endif
    SYS_openat, SYS_renameat2, SYS_unlinkat,     SYS_mkdirat, SYS_socket, SYS_connect,
    SYS_execve, SYS_execveat,  SYS_memfd_create,
};

/// From now on each of them kills this process.
bool forbid() {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : forbidden) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

struct End {
  int status = 0;     ///< as waitpid has it
  bool well = false;  ///< what the work answered; false when it did not
};

/// Runs `work` in a child that may open nothing, and opens something at its end: it must not exit, because Valgrind
/// would look for leaks in it, and take for one what other threads of its parent hold.
template <class Work>
End endOf(Work&& work) {
  auto* const well =
      static_cast<bool*>(mmap(nullptr, sizeof(bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  REQUIRE(well != MAP_FAILED);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!forbid()) _exit(2);
    *well = work();
    ::open("/dev/null", 0);
    _exit(3);
  }
  End end;
  REQUIRE(waitpid(child, &end.status, 0) == child);
  end.well = *well;
  munmap(well, sizeof(bool));
  return end;
}

}  // namespace

TEST_CASE("hostile: no body opens a file, a socket or a program") {
  const std::vector<support::Hostile> bodies = support::hostileBodies();
  const End opened = endOf([] { return ::open("/dev/null", 0) >= 0; });
  CHECK((WIFSIGNALED(opened.status) && WTERMSIG(opened.status) == SIGSYS));
  CHECK_FALSE(opened.well);  // the child is really held to it
  const End decoded = endOf([&] {
    return std::ranges::all_of(bodies, [](const support::Hostile& hostile) {
      return support::codeOf([&] { support::receive(hostile); }) == hostile.code;
    });
  });
  CHECK((WIFSIGNALED(decoded.status) && WTERMSIG(decoded.status) == SIGSYS));
  CHECK(decoded.well);
}
