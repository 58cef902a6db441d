// Every layer keeps every rule of the port, alone and stacked.
#include <string>

#include <larder/cache/breaker.hpp>
#include <larder/cache/codec.hpp>
#include <larder/cache/near_tier.hpp>
#include <larder/testkit/conformance.hpp>

#include "stage.hpp"

namespace larder {
namespace {

// Layers over one memory store, built from the bottom.
class Stack final : public Layer {
 public:
  Stack(std::unique_ptr<CacheBackend> local, std::vector<std::unique_ptr<CacheBackend>> layers)
      : Layer(*layers.back()), local_(std::move(local)), layers_(std::move(layers)) {}
  ~Stack() override {
    while (!layers_.empty()) {
      layers_.pop_back();
    }
  }
  awaitable<void> close() override {
    co_await Layer::close();
    co_await local_->close();
  }

 private:
  std::unique_ptr<CacheBackend> local_;
  std::vector<std::unique_ptr<CacheBackend>> layers_;
};

using Layers = std::vector<std::unique_ptr<CacheBackend>>;

void add_breaker(Layers& layers, Clock& clock) {
  layers.push_back(BreakerBackend::make(*layers.back(), clock, null_log()).value());
}

void add_codec(Layers& layers, std::vector<CodecKey> keys) {
  layers.push_back(
      CodecBackend::make(*layers.back(), {.compress_from = 64, .keys = std::move(keys)}).value());
}

awaitable<void> add_near(Layers& layers, LocalStore& local, Clock& clock, NearMode mode) {
  auto near = co_await NearTierBackend::open(*layers.back(), local, clock, null_log(),
                                             {.mode = mode, .staleness = 1s});
  layers.push_back(std::move(near).value());
}

std::vector<CodecKey> one_key() {
  return {{.id = 7, .secret = Secret(std::string(CodecKey::kBytes, 'k'))}};
}

class LayeredStore : public testkit::FakeClockStore {
 public:
  awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
    auto local = memory_store(clock());
    Layers layers;
    layers.push_back(memory_store(clock()));
    co_await build(layers, *local);
    co_return std::make_unique<Stack>(std::move(local), std::move(layers));
  }

 private:
  virtual awaitable<void> build(Layers& layers, LocalStore& local) = 0;
};

class Forwarded final : public LayeredStore {
  awaitable<void> build(Layers&, LocalStore&) override { co_return; }
};

class Guarded final : public LayeredStore {
  awaitable<void> build(Layers& layers, LocalStore&) override {
    add_breaker(layers, clock());
    co_return;
  }
};

class Compressed final : public LayeredStore {
  awaitable<void> build(Layers& layers, LocalStore&) override {
    add_codec(layers, {});
    co_return;
  }
};

class Encrypted final : public LayeredStore {
  awaitable<void> build(Layers& layers, LocalStore&) override {
    add_codec(layers, one_key());
    co_return;
  }
};

class Bounded final : public LayeredStore {
  awaitable<void> build(Layers& layers, LocalStore& local) override {
    co_await add_near(layers, local, clock(), NearMode::bounded);
  }
};

class Coherent final : public LayeredStore {
  awaitable<void> build(Layers& layers, LocalStore& local) override {
    co_await add_near(layers, local, clock(), NearMode::coherent);
  }
};

class Whole final : public LayeredStore {
  awaitable<void> build(Layers& layers, LocalStore& local) override {
    add_codec(layers, one_key());
    add_breaker(layers, clock());
    co_await add_near(layers, local, clock(), NearMode::coherent);
  }
};

LARDER_CONFORMANCE(layer, Forwarded);
LARDER_CONFORMANCE(breaker, Guarded);
LARDER_CONFORMANCE(codec_compressing, Compressed);
LARDER_CONFORMANCE(codec_encrypting, Encrypted);
LARDER_CONFORMANCE(near_bounded, Bounded);
LARDER_CONFORMANCE(near_coherent, Coherent);
LARDER_CONFORMANCE(whole_stack, Whole);

}  // namespace
}  // namespace larder
