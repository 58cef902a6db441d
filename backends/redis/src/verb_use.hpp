// What a command does to a connection that many callers share.
#pragma once

#include <cstdint>
#include <span>

#include <larder/redis/command.hpp>

namespace larder::redis {

enum class VerbUse : std::uint8_t {
  one_reply,  // as most
  // SUBSCRIBE and its like: RESP3 answers them by pushes, which are not replies. A PING behind
  // them confirms them.
  pushes,
  // It changes what other callers' commands mean or what replies there are.
  unfit,
};

// One argument at least. The verb is taken in any case of letters, as servers do.
[[nodiscard]] VerbUse verb_use(std::span<const Arg> arguments) noexcept;

}  // namespace larder::redis
