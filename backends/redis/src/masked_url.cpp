#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <larder/redis/options.hpp>

#include "topology.hpp"
#include "url_text.hpp"

namespace larder::redis {
namespace {

std::string shown(const Endpoint& endpoint) {
  const bool is_address = endpoint.host.contains(':');
  std::string text(is_address ? "[" + endpoint.host + "]" : endpoint.host);
  return text.append(":").append(std::to_string(endpoint.port));
}

std::string shown(const std::vector<Endpoint>& endpoints) {
  std::string text;
  for (const Endpoint& endpoint : endpoints) {
    text.append(text.empty() ? "" : ",").append(shown(endpoint));
  }
  return text;
}

std::string shown(const Credentials& credentials) {
  const bool has_password = !credentials.password.empty() || !credentials.password_file.empty();
  if (credentials.user.empty() && !has_password) {
    return "";
  }
  return percent_encoded(credentials.user).append(has_password ? ":***@" : ":@");
}

// What follows the user info.
std::string shown(const Topology& topology) {
  if (const auto* const sentinel = std::get_if<Sentinel>(&topology)) {
    return shown(sentinel->sentinels) + "/" + percent_encoded(sentinel->master_name) + "/" +
           std::to_string(sentinel->database);
  }
  if (const auto* const cluster = std::get_if<Cluster>(&topology)) {
    return shown(cluster->seeds);
  }
  const auto& standalone = std::get<Standalone>(topology);
  const std::string database = std::to_string(standalone.database);
  if (const auto* const local = std::get_if<UnixServer>(&standalone.server)) {
    return percent_encoded(local->path, "/") + "?db=" + database;
  }
  return shown(std::get<TcpServer>(standalone.server).endpoint) + "/" + database;
}

std::string_view form_of(const Topology& topology) {
  if (const auto* const standalone = std::get_if<Standalone>(&topology)) {
    return std::holds_alternative<UnixServer>(standalone->server) ? "+unix" : "";
  }
  return std::holds_alternative<Sentinel>(topology) ? "+sentinel" : "+cluster";
}

}  // namespace

std::string masked_url(const RedisOptions& options) {
  std::string url(tls_of(options.topology) != nullptr ? "rediss" : "redis");
  url.append(form_of(options.topology)).append("://").append(shown(options.credentials));
  return url.append(shown(options.topology));
}

}  // namespace larder::redis
