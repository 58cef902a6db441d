#include "remote/stream.hpp"

#include <utility>

#include <boost/system/system_error.hpp>

namespace larder::testkit {
namespace {

// `Told` is what next() answers, `Lost` the word that something was missed.
template <typename Base, typename Told, typename Lost>
class Stream final : public Base {
 public:
  Stream(std::shared_ptr<Link> link, std::shared_ptr<RemoteStream> stream)
      : link_(std::move(link)), stream_(std::move(stream)) {}
  ~Stream() override { link_->drop(stream_->id); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  awaitable<Result<Told>> next(Deadline deadline) override {
    const auto body = co_await on_link(*link_, link_->next(stream_, deadline));
    if (!body) {
      co_return std::unexpected(body.error());
    }
    if (body->empty()) {
      co_return Told(Lost());
    }
    try {
      wire::Reader from(*body);
      co_return wire::read<Told>(from);
    } catch (const wire::BadFrame& failure) {
      co_return fail(Errc::protocol_error, failure.what());
    }
  }

 private:
  std::shared_ptr<Link> link_;
  std::shared_ptr<RemoteStream> stream_;
};

}  // namespace

std::unique_ptr<Subscription> make_subscription(std::shared_ptr<Link> link,
                                                std::shared_ptr<RemoteStream> stream) {
  return std::make_unique<Stream<Subscription, Notice, MessagesLost>>(std::move(link),
                                                                      std::move(stream));
}

std::unique_ptr<Watch> make_watch(std::shared_ptr<Link> link,
                                  std::shared_ptr<RemoteStream> stream) {
  return std::make_unique<Stream<Watch, Change, WatchLost>>(std::move(link), std::move(stream));
}

}  // namespace larder::testkit
