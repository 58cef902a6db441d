// A load on a thread that may block, awaited by a coroutine.
#pragma once

#include <memory>

#include <larder/cache/blocking_cache.hpp>

#include "blocking/calls.hpp"
#include "blocking/loader_pool.hpp"

namespace larder {

// A loader that runs `loader` on the pool, which outlives it. When it is cancelled it ends at
// once; the function then runs on by itself, and what it brings is dropped. What the function
// asks of the cache goes through `calls`.
[[nodiscard]] Loader on_pool(LoaderPool& pool, std::shared_ptr<Calls> calls, BlockingLoader loader);
[[nodiscard]] ManyLoader on_pool(LoaderPool& pool, std::shared_ptr<Calls> calls,
                                 BlockingManyLoader loader);

}  // namespace larder
