// What the demo server offers: tools, resources and a prompt about the weather.
//
// It knows nothing of HTTP, JSON-RPC or eras; Endpoint does. Everything runs on one io
// thread, so nothing here is locked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <larder/clock.hpp>
#include <larder/mcp/request.hpp>
#include <larder/mcp/result.hpp>
#include <larder/mcp/rpc.hpp>

namespace demo {

// A result: its members as JSON text ("tools":[...]), and for how long it may be kept.
struct Answer {
  std::string members;
  std::optional<larder::mcp::CacheHints> hints{};
};

class Weather {
 public:
  // `delay` is how long a forecast takes, so that a cached one is seen to be faster.
  Weather(larder::milliseconds delay, larder::Clock& clock) noexcept
      : delay_(delay), clock_(clock) {}

  // kMethodNotFound for methods that are none of ours, kInvalidParams for wrong arguments.
  [[nodiscard]] larder::awaitable<larder::mcp::RpcResult<Answer>> answer(
      std::string method, larder::mcp::RequestFacts facts);

 private:
  using Result = larder::mcp::RpcResult<Answer>;

  [[nodiscard]] larder::awaitable<Result> call_tool(larder::mcp::RequestFacts facts);
  [[nodiscard]] larder::awaitable<Result> forecast(std::string city);
  [[nodiscard]] Result read(const std::string& uri) const;
  [[nodiscard]] std::string weather_in(const std::string& city) const;

  larder::milliseconds delay_;
  larder::Clock& clock_;
  std::uint64_t forecasts_made_ = 0;
  std::map<std::string, std::string> weather_{
      {"Lisbon", "sunny"}, {"Oslo", "snow"}, {"Mumbai", "monsoon"}};
};

}  // namespace demo
