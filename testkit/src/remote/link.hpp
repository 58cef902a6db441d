// Link: a client's connection to a store server, and the thread it lives on.
//
// Everything below runs on that thread; RemoteBackend and the streams cross over with
// run_on(). A connection that breaks is made again for as long as the link is not closed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <larder/backend.hpp>

#include "remote/wire.hpp"

namespace larder::testkit {

// Wakes those who wait on it; they look again at what they wait for.
class Bell {
 public:
  explicit Bell(boost::asio::io_context& io) : timer_(io, SteadyTime::max()) {}
  void ring() { timer_.cancel(); }
  // False where the waiting coroutine was cancelled.
  [[nodiscard]] awaitable<bool> wait();

 private:
  boost::asio::steady_timer timer_;
};

// What only reads may be done again by whoever asked.
enum class Effect : std::uint8_t { reads, writes };

struct Request {
  wire::Verb verb;
  Effect effect;
  std::string body;
};

// A subscription or watch of this client, known to the server by its id.
struct RemoteStream {
  explicit RemoteStream(boost::asio::io_context& io) : arrived(io) {}

  std::uint64_t id = 0;
  Request request{};  // sent again over each new connection
  std::vector<std::string> notices{};
  std::size_t taken = 0;  // of notices
  bool lost = false;      // to be told before the notices
  Bell arrived;
};

class Link {
 public:
  Link(Clock& clock, std::uint16_t port);
  // close() must have completed.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] Clock& clock() { return clock_; }

  // The body of the answer. The errors are those of the way there and back.
  [[nodiscard]] awaitable<Result<std::string>> ask(Request request, Deadline deadline);
  [[nodiscard]] awaitable<Result<std::shared_ptr<RemoteStream>>> open_stream(Request request,
                                                                             Deadline deadline);
  // The body of the next notice; empty = some were lost.
  [[nodiscard]] awaitable<Result<std::string>> next(std::shared_ptr<RemoteStream> stream,
                                                    Deadline deadline);
  // From any thread, not awaited: the stream's owner is gone.
  void drop(std::uint64_t stream);
  [[nodiscard]] awaitable<void> close();

 private:
  enum class State : std::uint8_t { connecting, up, down, closed };
  struct Pending {
    explicit Pending(boost::asio::io_context& io) : answered(io) {}
    std::optional<Result<std::string>> answer{};
    Bell answered;
  };
  // A request stands in the list for as long as somebody waits for its answer; one that
  // comes later is swallowed.
  class Listed {
   public:
    Listed(Link& link, std::uint64_t id, Pending& pending);
    ~Listed();
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

   private:
    Link& link_;
    std::uint64_t id_;
  };

  [[nodiscard]] awaitable<Result<std::string>> transact(Request& request, std::uint64_t id,
                                                        Deadline deadline, bool& sent);
  [[nodiscard]] awaitable<Result<std::string>> wait_for_notice(RemoteStream& stream);
  [[nodiscard]] std::optional<Error> refusal() const;

  // The background: connect, converse, and again.
  [[nodiscard]] awaitable<void> serve();
  [[nodiscard]] awaitable<bool> connect();
  [[nodiscard]] awaitable<void> read_answers();
  [[nodiscard]] awaitable<void> write_requests();
  void arrive(const wire::Head& head, std::string body);
  void end_conversation();
  void enter(State state);
  void send(std::string frame);

  Clock& clock_;
  boost::asio::ip::tcp::endpoint peer_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer pause_;  // between two attempts to connect
  State state_ = State::connecting;
  bool serving_ = true;
  bool writing_ = false;
  std::uint64_t last_id_ = 0;
  std::string unsent_;
  std::map<std::uint64_t, Pending*> pending_;
  std::map<std::uint64_t, std::shared_ptr<RemoteStream>> streams_;
  Bell changed_;  // the state, who serves, or who waits
  Bell to_send_;
  std::jthread thread_;
};

}  // namespace larder::testkit
