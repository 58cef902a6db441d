// What a fuzzer holds true of every input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace larder::fuzz {

// Unlike assert() it also holds in release builds. libFuzzer keeps the input of an abort.
inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
  }
}

}  // namespace larder::fuzz
