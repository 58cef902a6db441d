#include "remote/server_session.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <larder/testkit/remote_backend.hpp>
#include <larder/testkit/store_server.hpp>

namespace larder::testkit {
namespace {

namespace asio = boost::asio;
using wire::Verb;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// Above it notices wait in the store's own bounded buffers.
constexpr std::size_t kUnsentForNoticesMax = std::size_t{1} << 20;

template <typename T>
std::vector<T> list(wire::Reader& from) {
  return wire::read<std::vector<T>>(from);
}

}  // namespace

ServerSession::ServerSession(asio::io_context& io, asio::ip::tcp::socket socket,
                             CacheBackend& store, Clock& clock, std::uint64_t tokens_from)
    : io_(io),
      socket_(std::move(socket)),
      store_(store),
      clock_(clock),
      tokens_from_(tokens_from),
      to_send_(io),
      room_(io) {}

void ServerSession::start() {
  boost::system::error_code ignored;  // only speed depends on it
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  spawn(read_requests());
  spawn(write_answers());
}

void ServerSession::spawn(awaitable<void> work) {
  asio::co_spawn(io_, std::move(work), [self = shared_from_this()](const std::exception_ptr& bad) {
    if (bad) {
      self->end();
    }
  });
}

void ServerSession::end() {
  boost::system::error_code ignored;  // it is of no use any more
  socket_.close(ignored);
  to_send_.ring();
  room_.ring();
  // A copy: the end of a stream takes it out of the list.
  for (const auto& [id, stream] : std::map(streams_)) {
    stream->emit(asio::cancellation_type::terminal);
  }
}

void ServerSession::send(std::uint64_t id, Verb verb, std::string_view body) {
  unsent_ += wire::frame(id, verb, body);
  to_send_.ring();
}

awaitable<void> ServerSession::read_requests() {
  while (socket_.is_open()) {
    std::array<char, wire::Head::kBytes> bytes{};
    const auto [no_head, got] = co_await asio::async_read(socket_, asio::buffer(bytes), kAwait);
    const wire::Head head = wire::Head::of(bytes);
    if (no_head || head.body_bytes > RemoteBackend::kFrameBytesMax) {
      break;
    }
    std::string body(head.body_bytes, '\0');
    const auto [no_body, size] = co_await asio::async_read(socket_, asio::buffer(body), kAwait);
    if (no_body) {
      break;
    }
    ++requests_;
    spawn(answer(head, std::move(body)));
    while (socket_.is_open() && (requests_ >= StoreServer::kRequestsMax ||
                                 unsent_.size() >= RemoteBackend::kUnsentBytesMax)) {
      (void)co_await room_.wait();
    }
  }
  end();
}

awaitable<void> ServerSession::write_answers() {
  while (socket_.is_open()) {
    if (unsent_.empty()) {
      (void)co_await to_send_.wait();
      continue;
    }
    const std::string batch = std::exchange(unsent_, {});
    room_.ring();
    const auto [failed, size] = co_await asio::async_write(socket_, asio::buffer(batch), kAwait);
    if (failed) {
      break;
    }
  }
  end();
}

awaitable<void> ServerSession::answer(wire::Head head, std::string body) {
  wire::Reader from(body);
  if (head.verb == Verb::drop) {
    if (const auto stream = streams_.find(head.id); stream != streams_.end()) {
      stream->second->emit(asio::cancellation_type::terminal);
    }
  } else {
    const auto left = wire::read<milliseconds>(from);
    const Deadline deadline = left == milliseconds::max() ? Deadline::max() : clock_.in(left);
    std::string said;
    if (head.verb <= Verb::touch && head.verb != Verb::hello) {
      said = co_await values(head.verb, from, deadline);
    } else if (head.verb >= Verb::read_or_lease && head.verb <= Verb::release) {
      said = co_await leases(head.verb, from, deadline);
    } else if (head.verb >= Verb::add && head.verb <= Verb::bump) {
      said = co_await numbers(head.verb, from, deadline);
    } else if (head.verb >= Verb::append && head.verb <= Verb::publish) {
      said = co_await events(head.verb, from, deadline);
    } else if (head.verb == Verb::subscribe || head.verb == Verb::watch) {
      said = co_await open_stream(head, from, deadline);
    } else {
      said = co_await care(head.verb, from, deadline);
    }
    if (!said.empty()) {
      send(head.id, head.verb, said);
    }
  }
  --requests_;
  room_.ring();
}

awaitable<std::string> ServerSession::values(Verb verb, wire::Reader& from, Deadline deadline) {
  if (verb == Verb::get) {
    const auto keys = list<Key>(from);
    co_return wire::pack(co_await store_.get(keys, deadline));
  }
  if (verb == Verb::put) {
    const auto items = list<PutItem>(from);
    co_return wire::pack(co_await store_.put(items, deadline));
  }
  if (verb == Verb::erase) {
    const auto keys = list<Key>(from);
    co_return wire::pack(co_await store_.erase(keys, deadline));
  }
  const auto items = list<TouchItem>(from);
  co_return wire::pack(co_await store_.touch(items, deadline));
}

awaitable<std::string> ServerSession::leases(Verb verb, wire::Reader& from, Deadline deadline) {
  if (verb == Verb::read_or_lease) {
    const auto requests = list<LeaseRequest>(from);
    auto answers = co_await store_.read_or_lease(requests, deadline);
    for (auto& answer : answers) {
      if (answer && answer->state == LeaseState::granted) {
        answer->token = LeaseToken(static_cast<std::uint64_t>(answer->token) + tokens_from_);
      }
    }
    co_return wire::pack(answers);
  }
  const auto own = [this](LeaseToken token) {
    return LeaseToken(static_cast<std::uint64_t>(token) - tokens_from_);
  };
  if (verb == Verb::fill) {
    auto fills = list<Fill>(from);
    std::ranges::for_each(fills, [&own](Fill& fill) { fill.token = own(fill.token); });
    co_return wire::pack(co_await store_.fill(fills, deadline));
  }
  auto holds = list<LeaseHold>(from);
  std::ranges::for_each(holds, [&own](LeaseHold& lease) { lease.token = own(lease.token); });
  if (verb == Verb::renew) {
    const auto hold = wire::read<milliseconds>(from);
    co_return wire::pack(co_await store_.renew(holds, hold, deadline));
  }
  co_return wire::pack(co_await store_.release(holds, deadline));
}

awaitable<std::string> ServerSession::numbers(Verb verb, wire::Reader& from, Deadline deadline) {
  if (verb == Verb::add) {
    const auto additions = list<Addition>(from);
    co_return wire::pack(co_await store_.add(additions, deadline));
  }
  if (verb == Verb::take) {
    const auto requests = list<QuotaRequest>(from);
    co_return wire::pack(co_await store_.take(requests, deadline));
  }
  const auto tags = list<Tag>(from);
  if (verb == Verb::epochs) {
    co_return wire::pack(co_await store_.epochs(tags, deadline));
  }
  co_return wire::pack(co_await store_.bump(tags, deadline));
}

awaitable<std::string> ServerSession::events(Verb verb, wire::Reader& from, Deadline deadline) {
  const Key key = wire::read<Key>(from);
  if (verb == Verb::append) {
    auto payload = wire::read<Bytes>(from);
    const auto bounds = wire::read<LogBounds>(from);
    co_return wire::pack(co_await store_.append(key, std::move(payload), bounds, deadline));
  }
  if (verb == Verb::read_after) {
    const auto position = wire::read<EventPosition>(from);
    const auto count = wire::read<std::size_t>(from);
    co_return wire::pack(co_await store_.read_after(key, position, count, deadline));
  }
  auto payload = wire::read<Bytes>(from);
  co_return wire::pack(co_await store_.publish(key, std::move(payload), deadline));
}

awaitable<std::string> ServerSession::care(Verb verb, wire::Reader& from, Deadline deadline) {
  if (verb == Verb::hello) {
    co_return wire::pack(Result<Capabilities>(store_.capabilities()));
  }
  if (verb == Verb::scan) {
    auto request = wire::read<ScanRequest>(from);
    co_return wire::pack(co_await store_.scan(std::move(request), deadline));
  }
  if (verb == Verb::ping) {
    co_return wire::pack(co_await store_.ping(deadline));
  }
  throw wire::BadFrame();
}

// ---- streams --------------------------------------------------------------------------

awaitable<std::string> ServerSession::open_stream(wire::Head head, wire::Reader& from,
                                                  Deadline deadline) {
  // The answer is sent before the first notice.
  const std::string opened = wire::pack(Result<void>());
  if (head.verb == Verb::subscribe) {
    const auto channels = list<Key>(from);
    auto stream = co_await store_.subscribe(channels, deadline);
    if (stream) {
      send(head.id, head.verb, opened);
      pump(head.id, std::move(*stream));
      co_return std::string();
    }
    co_return wire::pack(Result<void>(std::unexpected(stream.error())));
  }
  auto stream = co_await store_.watch(deadline);
  if (stream) {
    send(head.id, head.verb, opened);
    pump(head.id, std::move(*stream));
    co_return std::string();
  }
  co_return wire::pack(Result<void>(std::unexpected(stream.error())));
}

template <typename Stream>
void ServerSession::pump(std::uint64_t id, std::unique_ptr<Stream> stream) {
  const auto signal = std::make_shared<asio::cancellation_signal>();
  streams_[id] = signal;
  // The handler keeps the signal: it must outlive the coroutine that it may cancel. How the
  // stream ended does not matter, since nobody listens to it any more.
  asio::co_spawn(io_, forward(id, std::move(stream)),
                 asio::bind_cancellation_slot(
                     signal->slot(), [self = shared_from_this(), signal, id](
                                         const std::exception_ptr&) { self->streams_.erase(id); }));
}

template <typename Stream>
awaitable<void> ServerSession::forward(std::uint64_t id, std::unique_ptr<Stream> stream) {
  while (socket_.is_open()) {
    while (socket_.is_open() && unsent_.size() > kUnsentForNoticesMax) {
      if (!co_await room_.wait()) {
        co_return;
      }
    }
    const auto notice = co_await stream->next(Deadline::max());
    if (!notice) {
      co_return;
    }
    send(id, Verb::notice, wire::pack(*notice));
  }
}

}  // namespace larder::testkit
