#include "weather.hpp"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace demo {
namespace {

using larder::awaitable;
using larder::milliseconds;
using larder::mcp::quote_json;
using larder::mcp::RpcError;
using Json = nlohmann::json;
namespace code = larder::mcp::code;

constexpr std::size_t kEchoBytesMax = 1U << 20;
constexpr std::string_view kCityUri = "weather://city/";

// What each list method answers.
const std::map<std::string_view, std::string_view> kLists = {
    {"tools/list", R"("tools":[
{"name":"slow_forecast","description":"A forecast for a city, after some thought",
 "inputSchema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]},
 "annotations":{"readOnlyHint":true,"openWorldHint":false}},
{"name":"set_weather","description":"Decides what the weather in a city is",
 "inputSchema":{"type":"object","properties":{"city":{"type":"string"},"text":{"type":"string"}},
  "required":["city","text"]},
 "annotations":{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true}},
{"name":"echo_size","description":"A text of that many bytes",
 "inputSchema":{"type":"object","properties":{"bytes":{"type":"integer"}},"required":["bytes"]},
 "annotations":{"readOnlyHint":true,"openWorldHint":false}}])"},
    {"resources/list",
     R"("resources":[{"uri":"weather://cities","name":"cities","mimeType":"text/plain"}])"},
    {"resources/templates/list", R"("resourceTemplates":[
{"uriTemplate":"weather://city/{name}","name":"city","mimeType":"text/plain"}])"},
    {"prompts/list", R"("prompts":[
{"name":"plan_trip","description":"Plans a trip around the weather",
 "arguments":[{"name":"city","required":true}]}])"}};

std::unexpected<RpcError> refuse(int error_code, std::string message) {
  return std::unexpected(RpcError{.code = error_code, .message = std::move(message)});
}

// The catalogue never changes, so anybody may keep it for an hour.
Answer catalogue(std::string_view members) {
  return {.members = std::string(members),
          .hints = larder::mcp::CacheHints{.ttl = milliseconds(3'600'000),
                                           .scope = larder::mcp::CacheScope::shared}};
}

Answer tool_text(std::string_view text) {
  return {.members = fmt::format(R"("content":[{{"type":"text","text":{}}}])", quote_json(text))};
}

// The arguments were checked to be an object; "" where there were none.
Json read_arguments(const larder::mcp::RequestFacts& facts) {
  return facts.arguments_json.empty() ? Json::object() : Json::parse(facts.arguments_json);
}

larder::mcp::RpcResult<std::string> text_argument(const Json& arguments, const char* name) {
  const auto found = arguments.find(name);
  if (found == arguments.end() || !found->is_string()) {
    return refuse(code::kInvalidParams, fmt::format("arguments.{} must be a string.", name));
  }
  return found->get<std::string>();
}

larder::mcp::RpcResult<Answer> echo_size(const Json& bytes) {
  if (!bytes.is_number_unsigned() || bytes.get<std::size_t>() > kEchoBytesMax) {
    return refuse(code::kInvalidParams,
                  fmt::format("arguments.bytes must be 0 to {}.", kEchoBytesMax));
  }
  return tool_text(std::string(bytes.get<std::size_t>(), 'x'));
}

larder::mcp::RpcResult<Answer> plan_trip(const larder::mcp::RequestFacts& facts) {
  if (facts.name != "plan_trip") {
    return refuse(code::kInvalidParams, "There is no such prompt.");
  }
  const auto city = text_argument(read_arguments(facts), "city");
  if (!city) {
    return std::unexpected(city.error());
  }
  const auto text = quote_json(fmt::format("Plan a trip to {}, whatever the weather.", *city));
  return Answer{
      .members = fmt::format(
          R"("messages":[{{"role":"user","content":{{"type":"text","text":{}}}}}])", text)};
}

}  // namespace

awaitable<Weather::Result> Weather::answer(std::string method, larder::mcp::RequestFacts facts) {
  if (const auto list = kLists.find(method); list != kLists.end()) {
    co_return catalogue(list->second);
  }
  if (method == "tools/call") {
    co_return co_await call_tool(std::move(facts));
  }
  if (method == "resources/read") {
    co_return read(facts.uri.value_or(""));
  }
  if (method == "prompts/get") {
    co_return plan_trip(facts);
  }
  co_return refuse(code::kMethodNotFound, "There is no such method.");
}

awaitable<Weather::Result> Weather::call_tool(larder::mcp::RequestFacts facts) {
  const Json arguments = read_arguments(facts);
  const std::string tool = facts.name.value_or("");
  if (tool == "echo_size") {
    co_return echo_size(arguments.value("bytes", Json()));
  }
  if (tool != "slow_forecast" && tool != "set_weather") {
    co_return refuse(code::kInvalidParams, "There is no such tool.");
  }
  const auto city = text_argument(arguments, "city");
  if (!city) {
    co_return std::unexpected(city.error());
  }
  if (tool == "slow_forecast") {
    co_return co_await forecast(*city);
  }
  const auto text = text_argument(arguments, "text");
  if (!text) {
    co_return std::unexpected(text.error());
  }
  weather_[*city] = *text;
  co_return tool_text(fmt::format("The weather in {} is now: {}", *city, *text));
}

awaitable<Weather::Result> Weather::forecast(std::string city) {
  if (!co_await clock_.sleep_until(clock_.in(delay_))) {
    co_return refuse(code::kInternalError, "The server is stopping.");
  }
  ++forecasts_made_;
  co_return tool_text(
      fmt::format("{}: {} (forecast number {})", city, weather_in(city), forecasts_made_));
}

Weather::Result Weather::read(const std::string& uri) const {
  std::string text;
  if (uri == "weather://cities") {
    std::vector<std::string_view> cities;
    for (const auto& [city, unused] : weather_) {
      cities.push_back(city);
    }
    text = fmt::format("{}", fmt::join(cities, "\n"));
  } else if (uri.starts_with(kCityUri)) {
    text = weather_in(uri.substr(kCityUri.size()));
  } else {
    return refuse(code::kInvalidParams, "There is no such resource.");
  }
  // It may change at any call of set_weather, so it is good for a few seconds only.
  return Answer{
      .members = fmt::format(R"("contents":[{{"uri":{},"mimeType":"text/plain","text":{}}}])",
                             quote_json(uri), quote_json(text)),
      .hints = larder::mcp::CacheHints{.ttl = milliseconds(5'000),
                                       .scope = larder::mcp::CacheScope::shared}};
}

std::string Weather::weather_in(const std::string& city) const {
  const auto found = weather_.find(city);
  return found == weather_.end() ? "nobody has looked out of the window yet" : found->second;
}

}  // namespace demo
