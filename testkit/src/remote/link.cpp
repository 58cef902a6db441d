#include "remote/link.hpp"

#include <array>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <larder/runtime/backoff.hpp>
#include <larder/runtime/deadline.hpp>
#include <larder/testkit/remote_backend.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// In real time also where the clock is a fake one: a connection comes back by itself, and
// not when a test moves time.
constexpr BackoffOptions kBackoff{.min = milliseconds(2), .max = milliseconds(200)};
constexpr const char* kWhere = "remote store";

}  // namespace

awaitable<bool> Bell::wait() {
  co_await timer_.async_wait(kAwait);
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() == asio::cancellation_type::none;
}

Link::Link(Clock& clock, std::uint16_t port)
    : clock_(clock),
      peer_(asio::ip::address_v4::loopback(), port),
      guard_(asio::make_work_guard(io_)),
      socket_(io_),
      pause_(io_),
      changed_(io_),
      to_send_(io_) {
  asio::co_spawn(io_, serve(), [this](const std::exception_ptr& failure) {
    serving_ = false;
    changed_.ring();
    // Nothing in there throws but a bug, which must not look like a store that is down.
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
  thread_ = std::jthread([this] { io_.run(); });
}

Link::~Link() {
  guard_.reset();
  io_.stop();
}

Link::Listed::Listed(Link& link, std::uint64_t id, Pending& pending) : link_(link), id_(id) {
  link_.pending_.emplace(id, &pending);
}

Link::Listed::~Listed() {
  link_.pending_.erase(id_);
  link_.changed_.ring();
}

// ---- calls ----------------------------------------------------------------------------

std::optional<Error> Link::refusal() const {
  if (state_ == State::closed) {
    return Error(Errc::closed, kWhere);
  }
  if (state_ == State::down) {
    return Error(Errc::unavailable, "remote store: no connection");
  }
  if (pending_.size() >= RemoteBackend::kInFlightMax ||
      unsent_.size() >= RemoteBackend::kUnsentBytesMax) {
    return Error(Errc::overloaded, "remote store: too many requests in flight");
  }
  return std::nullopt;
}

awaitable<Result<std::string>> Link::transact(Request& request, std::uint64_t id, Deadline deadline,
                                              bool& sent) {
  while (state_ == State::connecting) {
    if (!co_await changed_.wait()) {
      co_return fail(Errc::cancelled, kWhere);
    }
  }
  if (const auto refused = refusal()) {
    co_return std::unexpected(*refused);
  }
  // How long the server may take, since its clock is another.
  const auto left = deadline == Deadline::max()
                        ? milliseconds::max()
                        : std::chrono::ceil<milliseconds>(deadline - clock_.now());
  request.body.insert(0, wire::pack(left));
  if (request.body.size() > RemoteBackend::kFrameBytesMax) {
    co_return fail(Errc::too_large, "remote store: a request of more than kFrameBytesMax");
  }
  Pending pending(io_);
  const Listed listed(*this, id, pending);
  sent = true;
  send(wire::frame(id, request.verb, request.body));
  (void)co_await pending.answered.wait();
  // An answer that came together with a cancellation is an answer.
  if (!pending.answer) {
    co_return fail(Errc::cancelled, kWhere);
  }
  co_return std::move(*pending.answer);
}

awaitable<Result<std::string>> Link::ask(Request request, Deadline deadline) {
  if (state_ == State::closed) {
    co_return fail(Errc::closed, kWhere);
  }
  bool sent = false;
  auto answer = co_await with_deadline(clock_, deadline, kWhere,
                                       transact(request, ++last_id_, deadline, sent));
  if (!answer && sent && request.effect == Effect::writes) {
    const Error& error = answer.error();
    answer = std::unexpected(Error(error.code(), Advice::unknown_outcome, error.context()));
  }
  co_return answer;
}

void Link::send(std::string frame) {
  unsent_ += frame;
  to_send_.ring();
}

// ---- streams --------------------------------------------------------------------------

awaitable<Result<std::shared_ptr<RemoteStream>>> Link::open_stream(Request request,
                                                                   Deadline deadline) {
  if (state_ == State::closed) {
    co_return fail(Errc::closed, kWhere);
  }
  auto stream = std::make_shared<RemoteStream>(io_);
  stream->id = ++last_id_;
  stream->request = request;
  // Listed first: notices may come right behind the answer.
  streams_.emplace(stream->id, stream);
  bool sent = false;
  const auto answer = co_await with_deadline(clock_, deadline, kWhere,
                                             transact(request, stream->id, deadline, sent));
  std::optional<Error> failure;
  if (!answer) {
    failure = answer.error();
  } else {
    wire::Reader from(*answer);
    if (const auto outcome = wire::read<Result<void>>(from); !outcome) {
      failure = outcome.error();
    }
  }
  if (failure) {
    streams_.erase(stream->id);
    if (sent && state_ == State::up) {
      send(wire::frame(stream->id, wire::Verb::drop, {}));
    }
    co_return std::unexpected(*failure);
  }
  co_return stream;
}

awaitable<Result<std::string>> Link::wait_for_notice(RemoteStream& stream) {
  for (;;) {
    if (state_ == State::closed) {
      co_return fail(Errc::closed, kWhere);
    }
    if (stream.lost) {
      stream.lost = false;
      co_return std::string();
    }
    if (stream.taken < stream.notices.size()) {
      std::string notice = std::move(stream.notices[stream.taken++]);
      if (stream.taken == stream.notices.size()) {
        stream.notices.clear();
        stream.taken = 0;
      }
      co_return notice;
    }
    if (!co_await stream.arrived.wait()) {
      co_return fail(Errc::cancelled, kWhere);
    }
  }
}

awaitable<Result<std::string>> Link::next(std::shared_ptr<RemoteStream> stream, Deadline deadline) {
  if (state_ == State::closed) {
    co_return fail(Errc::closed, kWhere);
  }
  co_return co_await with_deadline(clock_, deadline, kWhere, wait_for_notice(*stream));
}

void Link::drop(std::uint64_t stream) {
  asio::post(io_, [this, stream] {
    if (streams_.erase(stream) > 0 && state_ == State::up) {
      send(wire::frame(stream, wire::Verb::drop, {}));
    }
  });
}

namespace {

void lose(RemoteStream& stream) {
  stream.notices.clear();
  stream.taken = 0;
  stream.lost = true;
  stream.arrived.ring();
}

}  // namespace

void Link::arrive(const wire::Head& head, std::string body) {
  if (head.verb != wire::Verb::notice) {
    if (const auto place = pending_.find(head.id); place != pending_.end()) {
      place->second->answer = std::move(body);
      place->second->answered.ring();
      return;
    }
  }
  const auto place = streams_.find(head.id);
  if (place == streams_.end()) {
    return;
  }
  RemoteStream& stream = *place->second;
  // The answer to a stream that was opened again says that it hears from now on.
  if (head.verb != wire::Verb::notice || stream.notices.size() >= RemoteBackend::kNoticesMax) {
    lose(stream);
    return;
  }
  stream.notices.push_back(std::move(body));
  stream.arrived.ring();
}

// ---- the connection -------------------------------------------------------------------

void Link::enter(State state) {
  if (state_ != State::closed) {
    state_ = state;
  }
  changed_.ring();
}

awaitable<bool> Link::connect() {
  socket_ = tcp::socket(io_);
  const auto [failed] = co_await socket_.async_connect(peer_, kAwait);
  if (failed || state_ == State::closed) {
    co_return false;
  }
  boost::system::error_code ignored;  // only speed depends on it
  socket_.set_option(tcp::no_delay(true), ignored);
  co_return true;
}

awaitable<void> Link::read_answers() {
  for (;;) {
    std::array<char, wire::Head::kBytes> bytes{};
    const auto [no_head, got] = co_await asio::async_read(socket_, asio::buffer(bytes), kAwait);
    const wire::Head head = wire::Head::of(bytes);
    if (no_head || head.body_bytes > RemoteBackend::kFrameBytesMax) {
      co_return;
    }
    std::string body(head.body_bytes, '\0');
    const auto [no_body, size] = co_await asio::async_read(socket_, asio::buffer(body), kAwait);
    if (no_body) {
      co_return;
    }
    arrive(head, std::move(body));
  }
}

awaitable<void> Link::write_requests() {
  while (socket_.is_open()) {
    if (unsent_.empty()) {
      (void)co_await to_send_.wait();
      continue;
    }
    const std::string batch = std::exchange(unsent_, {});
    const auto [failed, size] = co_await asio::async_write(socket_, asio::buffer(batch), kAwait);
    if (failed) {
      co_return;
    }
  }
}

void Link::end_conversation() {
  unsent_.clear();
  // A write's advice is set by ask(), which knows what it was.
  for (const auto& [id, pending] : pending_) {
    pending->answer = fail(Errc::unavailable, "remote store: the connection broke");
    pending->answered.ring();
  }
  for (const auto& [id, stream] : streams_) {
    lose(*stream);
  }
}

awaitable<void> Link::serve() {
  Backoff backoff(kBackoff);
  while (state_ != State::closed) {
    enter(State::connecting);
    if (co_await connect()) {
      backoff.reset();
      enter(State::up);
      for (const auto& [id, stream] : streams_) {
        const std::string deadline = wire::pack(milliseconds::max());
        send(wire::frame(id, stream->request.verb, deadline + stream->request.body));
      }
      writing_ = true;
      asio::co_spawn(io_, write_requests(), [this](const std::exception_ptr& failure) {
        writing_ = false;
        changed_.ring();
        if (failure) {
          std::rethrow_exception(failure);
        }
      });
      co_await read_answers();
      boost::system::error_code ignored;  // it is of no use any more
      socket_.close(ignored);
      to_send_.ring();
      while (writing_) {
        (void)co_await changed_.wait();
      }
    }
    enter(State::down);
    end_conversation();
    if (state_ != State::closed) {
      pause_.expires_after(backoff.next());
      co_await pause_.async_wait(kAwait);
    }
  }
}

awaitable<void> Link::close() {
  // Also a caller that is cancelled meanwhile leaves nothing behind.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  state_ = State::closed;
  for (const auto& [id, pending] : pending_) {
    pending->answer = fail(Errc::closed, kWhere);
    pending->answered.ring();
  }
  for (const auto& [id, stream] : streams_) {
    stream->arrived.ring();
  }
  changed_.ring();
  pause_.cancel();
  boost::system::error_code ignored;  // nothing more is said on it
  socket_.close(ignored);
  while (serving_ || !pending_.empty()) {
    (void)co_await changed_.wait();
  }
}

}  // namespace larder::testkit
