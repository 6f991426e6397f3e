// TlsTransport and its handshake against a real TLS server in this process.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <matmq/error.hpp>
#include <random>

#include "net/tls/handshake.hpp"
#include "net/tls/tls_peer.hpp"
#include "net/tls/transport.hpp"

using namespace matmq;
using namespace matmq::net;
using namespace support;
using Status = net::IoResult::Status;

namespace {

constexpr const char* tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
constexpr const char* tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
constexpr std::chrono::seconds enough{30};

const Identity& identity() {
  static const Identity made = makeIdentity("broker.test");
  return made;
}

TlsOptions trusting(const Identity& peer) {
  TlsOptions options;
  options.ca = PemSource{{}, peer.cert};
  return options;
}

struct Client {
  explicit Client(UniqueFd socket, TlsOptions with = trusting(identity())) : options(std::move(with)) {
    credentials = tls::loadCredentials(options);
    endpoint.host = "broker.test";
    endpoint.tls = true;
    transport = tls::secure(std::move(socket), endpoint, options, credentials.get(), Clock::now() + enough, signal,
                            [] { return false; });
  }
  TlsOptions options;
  Endpoint endpoint;
  tls::Credentials credentials;
  Signal signal;
  std::unique_ptr<net::Transport> transport;
};

std::string noise(std::size_t size, unsigned seed = 1) {
  std::minstd_rand random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random() >> 8);
  return out;
}

/// Sends and receives at once as the loop does: it waits only when the transport holds no input.
/// `cut(random)`: how long the next vector is.
std::string exchange(net::Transport& transport, const Signal& signal, const std::string& text, std::size_t expected,
                     const std::function<std::size_t(std::minstd_rand&)>& cut) {
  std::minstd_rand random(7);
  std::string got(expected, '\0');
  std::size_t sent = 0;
  std::size_t received = 0;
  const auto deadline = Clock::now() + enough;
  while ((sent < text.size() || received < expected || transport.holdsOutput()) && Clock::now() < deadline) {
    const bool output = sent < text.size() || transport.holdsOutput();
    const short interest = static_cast<short>(POLLIN | (output ? POLLOUT : 0));
    short events = waitFor(transport.fd(), interest, signal, transport.holdsInput() ? Clock::now() : deadline);
    if (transport.holdsInput()) events |= POLLIN;
    if ((events & POLLIN) != 0 && received < expected) {
      std::vector<iovec> into;
      for (std::size_t at = received; at < expected && into.size() < 3;) {
        const std::size_t n = std::min(cut(random), expected - at);
        into.push_back({got.data() + at, n});
        at += n;
      }
      const net::IoResult result = transport.read(into);
      if (result.status == Status::ok)
        received += result.bytes;
      else if (result.status != Status::wouldBlock)
        break;
    }
    if (sent < text.size()) {
      std::vector<iovec> from;
      for (std::size_t at = sent; at < text.size() && from.size() < 64;) {
        const std::size_t n = std::min(cut(random), text.size() - at);
        from.push_back({const_cast<char*>(text.data()) + at, n});
        at += n;
      }
      const net::IoResult result = transport.write(from);
      if (result.status == Status::ok)
        sent += result.bytes;
      else if (result.status != Status::wouldBlock)
        break;
    } else if (transport.flush().status == Status::failed) {
      break;
    }
  }
  got.resize(received);
  return got;
}

net::IoResult readOnce(net::Transport& transport, const Signal& signal, std::string& into) {
  const auto deadline = Clock::now() + enough;
  for (;;) {
    const iovec vector{into.data(), into.size()};
    const net::IoResult result = transport.read({&vector, 1});
    if (result.status != Status::wouldBlock || Clock::now() >= deadline) return result;
    waitFor(transport.fd(), POLLIN, signal, deadline);
  }
}

std::string codeOf(const std::function<void()>& call, std::string* words = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (words != nullptr) *words = error.what();
    return std::string(error.codeName());
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("TLS carries everything both ways at once, through small socket buffers, however the vectors lie") {
  const std::string text = noise(3'000'000);
  for (const char* version : {tls12, tls13}) {
    for (const int buffer : {0, 4096}) {
      SocketPair sockets(buffer);
      const TlsPeer peer(
          std::move(sockets.theirs), identity(),
          [&](gnutls_session_t session) {
            // It says as much as it hears, in pieces of all sizes.
            for (std::size_t at = 0, n = 1; at < text.size(); at += n, n = n * 3 % 40'009 + 1) {
              n = std::min(n, text.size() - at);
              if (!writeAll(session, readAll(session, n))) return;
            }
          },
          version);
      Client client(std::move(sockets.ours));
      const auto cut = [](std::minstd_rand& random) -> std::size_t {
        switch (random() % 4) {
          case 0:
            return 1 + random() % 8;
          case 1:
            return 16'384;
          default:
            return 1 + random() % 200'000;
        }
      };
      CHECK(exchange(*client.transport, client.signal, text, text.size(), cut) == text);
    }
  }
}

TEST_CASE("TLS joins frame headers and small messages into full records") {
  SocketPair sockets;
  std::vector<std::size_t> records;
  TlsPeer peer(std::move(sockets.theirs), identity(), [&](gnutls_session_t session) {
    std::string buffer(100'000, '\0');
    for (std::size_t left = 200'000; left > 0;) {
      const ssize_t n = gnutls_record_recv(session, buffer.data(), buffer.size());  // one record a call
      if (n <= 0) return;
      records.push_back(static_cast<std::size_t>(n));
      left -= static_cast<std::size_t>(n);
    }
  });
  Client client(std::move(sockets.ours));
  std::string text = noise(200'000);
  std::vector<iovec> from;
  for (std::size_t at = 0, n = 8; at < text.size(); at += n, n = n == 8 ? 65'536 : 8) {
    n = std::min(n, text.size() - at);
    from.push_back({text.data() + at, n});
  }
  const net::IoResult result = client.transport->write(from);
  CHECK(result.bytes == text.size());
  while (client.transport->holdsOutput()) static_cast<void>(client.transport->flush());
  peer.join();
  REQUIRE(records.size() == 13);
  for (std::size_t i = 0; i + 1 < records.size(); ++i) CHECK(records[i] == 16'384);
}

TEST_CASE("TLS obeys a peer that wants small records, and one that changes its keys") {
  const std::string text = noise(400'000);
  SocketPair sockets(8192);
  const TlsPeer peer(
      std::move(sockets.theirs), identity(),
      [&](gnutls_session_t session) {
        // Not more often: GnuTLS takes at most eight changes a second.
        for (std::size_t at = 0; at < text.size(); at += 100'000) {
          if (!writeAll(session, readAll(session, 100'000))) return;
          gnutls_session_key_update(session, GNUTLS_KU_PEER);
        }
      },
      tls13, 1024);
  Client client(std::move(sockets.ours));
  CHECK(exchange(*client.transport, client.signal, text, text.size(), [](auto&) { return 50'000U; }) == text);
}

TEST_CASE("the end of a TLS connection, announced or not, is an end, and what came before it is read") {
  for (const bool announced : {true, false}) {
    SocketPair sockets;
    const TlsPeer peer(std::move(sockets.theirs), identity(), [&](gnutls_session_t session) {
      writeAll(session, "last words");
      if (announced) gnutls_bye(session, GNUTLS_SHUT_WR);
    });
    Client client(std::move(sockets.ours));
    std::string buffer(100, '\0');
    CHECK(readOnce(*client.transport, client.signal, buffer).bytes == 10);
    const net::IoResult end = readOnce(*client.transport, client.signal, buffer);
    CHECK(end.status == Status::ended);
    CHECK(readOnce(*client.transport, client.signal, buffer).status == Status::ended);
    CHECK(client.transport->explain(end) == "the peer closed the socket");
  }
}

TEST_CASE("a TLS peer that sends damaged records, or wants to negotiate anew, is left") {
  SUBCASE("damage") {
    SocketPair sockets;
    const int theirs = sockets.theirs.get();
    const TlsPeer peer(std::move(sockets.theirs), identity(), [&](gnutls_session_t) {
      const std::string record("\x17\x03\x03\x00\x20" + std::string(32, 'x'));
      CHECK(::send(theirs, record.data(), record.size(), MSG_NOSIGNAL) > 0);
    });
    Client client(std::move(sockets.ours));
    std::string buffer(100, '\0');
    const net::IoResult result = readOnce(*client.transport, client.signal, buffer);
    CHECK(result.status == Status::failed);
    CHECK(client.transport->explain(result).find("TLS: ") == 0);
    const iovec more{buffer.data(), buffer.size()};
    CHECK(client.transport->write({&more, 1}).status == Status::failed);
  }
  SUBCASE("renegotiation") {
    SocketPair sockets;
    const TlsPeer peer(
        std::move(sockets.theirs), identity(),
        [&](gnutls_session_t session) {
          gnutls_rehandshake(session);
          static_cast<void>(readAll(session, 1));
        },
        tls12);
    Client client(std::move(sockets.ours));
    std::string buffer(100, '\0');
    CHECK(readOnce(*client.transport, client.signal, buffer).status == Status::failed);
  }
}

TEST_CASE("a record that is not whole is a sign of life, and no data") {
  SocketPair sockets;
  std::promise<void> looked;
  const int theirs = sockets.theirs.get();
  const TlsPeer peer(std::move(sockets.theirs), identity(), [&](gnutls_session_t) {
    CHECK(::send(theirs, "\x17\x03\x03\x40", 4, MSG_NOSIGNAL) == 4);
    looked.get_future().wait();
  });
  Client client(std::move(sockets.ours));
  std::string buffer(100, '\0');
  const iovec vector{buffer.data(), buffer.size()};
  net::IoResult result = client.transport->read({&vector, 1});
  while (result.status == Status::wouldBlock && result.bytes < 4) {
    waitFor(client.transport->fd(), POLLIN, client.signal, Clock::now() + enough);
    const net::IoResult next = client.transport->read({&vector, 1});
    result = {next.status, result.bytes + next.bytes, 0};
  }
  CHECK(result.status == Status::wouldBlock);
  CHECK_FALSE(client.transport->holdsInput());
  looked.set_value();
}

TEST_CASE("closing a TLS connection to a peer that does not read waits for nothing") {
  SocketPair sockets(4096);
  std::promise<void> closed;
  const TlsPeer peer(std::move(sockets.theirs), identity(), [&](gnutls_session_t) { closed.get_future().wait(); });
  {
    Client client(std::move(sockets.ours));
    std::string text = noise(1'000'000);
    const iovec vector{text.data(), text.size()};
    while (client.transport->write({&vector, 1}).status == Status::ok) continue;
    CHECK(client.transport->holdsOutput());
  }
  closed.set_value();
}

TEST_CASE("a TLS peer of another name or authority is refused before it hears anything") {
  std::string words;
  for (const bool otherName : {true, false}) {
    SocketPair sockets;
    std::string heard;
    TlsPeer peer(std::move(sockets.theirs), identity(), [&](gnutls_session_t session) { heard = readAll(session, 1); });
    TlsOptions options = trusting(otherName ? identity() : makeIdentity("broker.test", "CN=stranger"));
    if (otherName) options.serverName = "other.test";
    CHECK(codeOf([&] { const Client client(std::move(sockets.ours), options); }, &words) == "CERTIFICATE_REFUSED");
    CHECK(words.find(otherName ? "it is for 'broker.test' and not for 'other.test'" : "self-signed") !=
          std::string::npos);
    peer.join();
    CHECK(heard.empty());
  }
}

TEST_CASE("a TLS handshake with a silent peer ends with its deadline, and at once when it is cancelled") {
  TlsOptions options = trusting(identity());
  const auto credentials = tls::loadCredentials(options);
  Endpoint endpoint;
  endpoint.host = "broker.test";
  Signal signal;
  {
    SocketPair sockets;
    CHECK(codeOf([&] {
            static_cast<void>(tls::secure(std::move(sockets.ours), endpoint, options, credentials.get(),
                                          Clock::now() + std::chrono::milliseconds(30), signal, [] { return false; }));
          }) == "CONNECT_TIMEOUT");
  }
  SocketPair sockets;
  std::atomic<bool> cancelled{false};
  std::thread canceller([&] {
    cancelled = true;
    signal.raise();
  });
  CHECK(tls::secure(std::move(sockets.ours), endpoint, options, credentials.get(), Clock::now() + enough, signal,
                    [&] { return cancelled.load(); }) == nullptr);
  canceller.join();
}

TEST_CASE("data behind a message of TLS's own, in the same packet, is found without waiting for more") {
  SocketPair sockets;
  std::promise<void> heard;
  const TlsPeer peer(
      std::move(sockets.theirs), identity(),
      [&](gnutls_session_t session) {
        // Both go out at once.
        gnutls_record_cork(session);
        gnutls_session_key_update(session, 0);
        gnutls_record_send(session, "behind", 6);
        gnutls_record_uncork(session, GNUTLS_RECORD_WAIT);
        heard.get_future().wait();
      },
      tls13);
  Client client(std::move(sockets.ours));
  std::string buffer(100, '\0');
  const auto started = Clock::now();
  CHECK(readOnce(*client.transport, client.signal, buffer).bytes == 6);
  CHECK(Clock::now() - started < enough / 2);
  heard.set_value();
}
