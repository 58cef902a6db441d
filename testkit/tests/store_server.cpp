// A memory store in a process of its own: PORT BYTES fake|real.
#include <larder/testkit/store_server.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string_view>

#include <larder/memory/backend.hpp>
#include <larder/testkit/fake_clock.hpp>

int main(int count, char** words) {
  if (count != 4) {
    std::cerr << "usage: larder_store_server PORT BYTES fake|real\n";
    return 2;
  }
  larder::testkit::FakeClock fake;
  const bool is_fake = std::string_view(words[3]) == "fake";
  larder::Clock& clock = is_fake ? static_cast<larder::Clock&>(fake) : larder::system_clock();
  const auto bytes = static_cast<std::size_t>(std::strtoull(words[2], nullptr, 10));
  const auto make = [&clock, bytes]() -> larder::Result<std::unique_ptr<larder::CacheBackend>> {
    return larder::MemoryCacheBackend::make(clock, {.bytes_max = bytes});
  };
  const auto port = static_cast<std::uint16_t>(std::strtoul(words[1], nullptr, 10));
  return larder::testkit::serve_until_input_ends(make, clock, port, is_fake ? &fake : nullptr);
}
