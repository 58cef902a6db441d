// One client of a StoreServer: reads requests, lets the store answer them, sends notices.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <larder/backend.hpp>

#include "remote/link.hpp"

namespace larder::testkit {

// Lives as long as one of its coroutines runs.
//
// `tokens_from` is added to the store's lease tokens on their way out: drawn anew by each
// server, it makes a lease of the store before a restart void in the store after it.
class ServerSession : public std::enable_shared_from_this<ServerSession> {
 public:
  ServerSession(boost::asio::io_context& io, boost::asio::ip::tcp::socket socket,
                CacheBackend& store, Clock& clock, std::uint64_t tokens_from);

  void start();

 private:
  using Self = std::shared_ptr<ServerSession>;

  [[nodiscard]] awaitable<void> read_requests();
  [[nodiscard]] awaitable<void> write_answers();
  [[nodiscard]] awaitable<void> answer(wire::Head head, std::string body);
  // What the store says, as the body of an answer.
  [[nodiscard]] awaitable<std::string> values(wire::Verb verb, wire::Reader& from,
                                              Deadline deadline);
  [[nodiscard]] awaitable<std::string> leases(wire::Verb verb, wire::Reader& from,
                                              Deadline deadline);
  [[nodiscard]] awaitable<std::string> numbers(wire::Verb verb, wire::Reader& from,
                                               Deadline deadline);
  [[nodiscard]] awaitable<std::string> events(wire::Verb verb, wire::Reader& from,
                                              Deadline deadline);
  [[nodiscard]] awaitable<std::string> care(wire::Verb verb, wire::Reader& from, Deadline deadline);
  [[nodiscard]] awaitable<std::string> open_stream(wire::Head head, wire::Reader& from,
                                                   Deadline deadline);
  template <typename Stream>
  void pump(std::uint64_t id, std::unique_ptr<Stream> stream);
  template <typename Stream>
  [[nodiscard]] awaitable<void> forward(std::uint64_t id, std::unique_ptr<Stream> stream);

  // Runs `work` on the session's thread; an exception of it ends the session.
  void spawn(awaitable<void> work);
  void send(std::uint64_t id, wire::Verb verb, std::string_view body);
  void end();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::socket socket_;
  CacheBackend& store_;
  Clock& clock_;
  std::uint64_t tokens_from_;
  std::size_t requests_ = 0;
  std::string unsent_;
  Bell to_send_;
  Bell room_;  // in unsent_, or for a request
  std::map<std::uint64_t, std::shared_ptr<boost::asio::cancellation_signal>> streams_;
};

}  // namespace larder::testkit
