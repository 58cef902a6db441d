#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <larder/redis/options.hpp>

#include "field_text.hpp"
#include "topology.hpp"

namespace larder::redis {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint64_t kDatabaseMax = 65'535;
constexpr std::uint64_t kRedirectsMax = 64;
constexpr std::uint64_t kCommandsMost = 1'000'000;
constexpr std::uint64_t kGibibyte = 1U << 30;
constexpr milliseconds kAtLeast{1};

std::unexpected<Error> wrong(std::string_view expected) {
  return fail(Errc::invalid_argument, std::string(expected));
}

template <typename To, typename From>
Result<void> assign(To& to, Result<From> value) {
  if (!value) {
    return std::unexpected(value.error());
  }
  to = static_cast<To>(*std::move(value));
  return {};
}

Result<void> assign_path(std::string& to, std::string_view value) {
  if (value.empty() || value.contains('\0')) {
    return wrong("expected a path");
  }
  to = value;
  return {};
}

// Of a part that only some topologies have.
template <typename Part, typename Set>
Result<void> with(Part* part, std::string_view who_has_it, Set set) {
  if (part == nullptr) {
    return wrong("only for " + std::string(who_has_it));
  }
  return set(*part);
}

template <typename Set>
Result<void> with_tls(RedisOptions& options, Set set) {
  return with(tls_of(options.topology), "rediss://, rediss+sentinel:// and rediss+cluster://", set);
}

template <typename Set>
Result<void> with_replicas(RedisOptions& options, Set set) {
  return with(replicas_of(options.topology), "redis+sentinel:// and redis+cluster://", set);
}

template <typename Set>
Result<void> with_sentinel(RedisOptions& options, Set set) {
  return with(std::get_if<Sentinel>(&options.topology), "redis+sentinel://", set);
}

template <typename Set>
Result<void> with_zones(RedisOptions& options, Set set) {
  Replicas* const replicas = replicas_of(options.topology);
  return with(replicas != nullptr ? std::get_if<ReadZone>(&replicas->read) : nullptr, "read=zone",
              set);
}

Result<void> set_database(RedisOptions& options, std::string_view value) {
  if (std::holds_alternative<Cluster>(options.topology)) {
    return value == "0" ? Result<void>() : wrong("a cluster has database 0 only");
  }
  return assign(*database_of(options.topology), read_number(value, 0, kDatabaseMax));
}

Result<void> set_client_name(RedisOptions& options, std::string_view value) {
  if (!std::ranges::all_of(value, [](char c) { return c > ' ' && c <= '~'; })) {
    return wrong("expected printable ASCII without spaces");
  }
  options.client_name = value;
  return {};
}

Result<void> set_read(RedisOptions& options, std::string_view value) {
  return with_replicas(options, [&](Replicas& replicas) -> Result<void> {
    if (value == "primary") {
      replicas.read = ReadPrimary{};
    } else if (value == "prefer_replica") {
      replicas.read = ReadPreferReplica{};
    } else if (value == "nearest") {
      replicas.read = ReadNearest{};
    } else if (value == "zone") {
      replicas.read = ReadZone{};
    } else {
      return wrong("expected primary, prefer_replica, nearest or zone");
    }
    return {};
  });
}

// "10.1.*=west,10.2.*=east"
Result<void> set_zones(RedisOptions& options, std::string_view value) {
  return with_zones(options, [&](ReadZone& read) -> Result<void> {
    std::vector<ReadZone::Rule> rules;
    while (!value.empty()) {
      const std::string_view rule = value.substr(0, value.find(','));
      const auto equals = rule.find('=');
      if (equals == std::string_view::npos || equals == 0 || equals + 1 == rule.size()) {
        return wrong("expected pattern=zone,pattern=zone");
      }
      rules.push_back({.pattern = std::string(rule.substr(0, equals)),
                       .zone = std::string(rule.substr(equals + 1))});
      value.remove_prefix(std::min(value.size(), rule.size() + 1));
    }
    read.rules = std::move(rules);
    return {};
  });
}

struct Field {
  std::string_view name;
  Result<void> (*set)(RedisOptions& options, std::string_view value);
};

using O = RedisOptions;
using Text = std::string_view;

constexpr auto kFields = std::to_array<Field>({
    {"user", [](O& o, Text v) { return assign(o.credentials.user, Result<Text>(v)); }},
    {"password",
     [](O& o, Text v) {
       o.credentials.password = Secret(std::string(v));
       return Result<void>();
     }},
    {"password_file", [](O& o, Text v) { return assign_path(o.credentials.password_file, v); }},
    {"db", set_database},
    {"client_name", set_client_name},
    {"connections",
     [](O& o, Text v) { return assign(o.connections, read_number(v, 1, O::kConnectionsMax)); }},
    {"connect_max",
     [](O& o, Text v) { return assign(o.connect_max, read_span(v, kAtLeast, minutes(5))); }},
    {"session_max",
     [](O& o, Text v) {
       return assign(o.pipeline.session_max, read_span(v, kAtLeast, minutes(5)));
     }},
    {"backoff_min",
     [](O& o, Text v) { return assign(o.backoff_min, read_span(v, kAtLeast, minutes(5))); }},
    {"backoff_max",
     [](O& o, Text v) { return assign(o.backoff_max, read_span(v, kAtLeast, hours(1))); }},
    {"refresh_every",
     [](O& o, Text v) { return assign(o.refresh_every, read_span(v, kAtLeast, hours(24))); }},
    {"redirects_max",
     [](O& o, Text v) { return assign(o.redirects_max, read_number(v, 0, kRedirectsMax)); }},
    {"repeat_idempotent_writes",
     [](O& o, Text v) { return assign(o.repeat_idempotent_writes, read_flag(v)); }},
    {"commands_max",
     [](O& o, Text v) {
       return assign(o.pipeline.commands_max, read_number(v, 1, kCommandsMost));
     }},
    {"bytes_max",
     [](O& o, Text v) {
       return assign(o.pipeline.bytes_max, read_size(v, 1024, 16 * kGibibyte));
     }},
    {"reply_bytes_max",
     [](O& o, Text v) {
       return assign(o.pipeline.resp.frame_bytes_max, read_size(v, 1024, 2 * kGibibyte));
     }},
    {"wait_max",
     [](O& o, Text v) {
       return assign(o.pipeline.wait_max, read_span(v, milliseconds(0), hours(1)));
     }},
    {"ping_after",
     [](O& o, Text v) {
       return assign(o.pipeline.ping_after, read_span(v, milliseconds(0), hours(1)));
     }},
    {"silence_max",
     [](O& o, Text v) {
       return assign(o.pipeline.silence_max, read_span(v, milliseconds(0), hours(1)));
     }},
    {"ca_file",
     [](O& o, Text v) {
       return with_tls(o, [v](TlsOptions& tls) { return assign_path(tls.files.ca_file, v); });
     }},
    {"cert_file",
     [](O& o, Text v) {
       return with_tls(o, [v](TlsOptions& tls) { return assign_path(tls.files.cert_file, v); });
     }},
    {"key_file",
     [](O& o, Text v) {
       return with_tls(o, [v](TlsOptions& tls) { return assign_path(tls.files.key_file, v); });
     }},
    {"server_name",
     [](O& o, Text v) {
       return with_tls(
           o, [v](TlsOptions& tls) { return assign(tls.server_name, Result<Text>(v)); });
     }},
    {"sentinel_user",
     [](O& o, Text v) {
       return with_sentinel(o, [v](Sentinel& sentinel) {
         return assign(sentinel.sentinel_credentials.user, Result<Text>(v));
       });
     }},
    {"sentinel_password",
     [](O& o, Text v) {
       return with_sentinel(o, [v](Sentinel& sentinel) {
         sentinel.sentinel_credentials.password = Secret(std::string(v));
         return Result<void>();
       });
     }},
    {"sentinel_password_file",
     [](O& o, Text v) {
       return with_sentinel(o, [v](Sentinel& sentinel) {
         return assign_path(sentinel.sentinel_credentials.password_file, v);
       });
     }},
    {"read", set_read},
    {"lag_max",
     [](O& o, Text v) {
       return with_replicas(o, [v](Replicas& replicas) {
         return assign(replicas.lag_max, read_span(v, milliseconds(0), hours(24)));
       });
     }},
    {"zone",
     [](O& o, Text v) {
       return with_zones(o, [v](ReadZone& read) { return assign(read.own, Result<Text>(v)); });
     }},
    {"zones", set_zones},
});

bool is_secret(std::string_view name) noexcept { return name.ends_with("password"); }

Result<void> check(const Credentials& credentials, const std::string& prefix) {
  if (!credentials.password.empty() && !credentials.password_file.empty()) {
    return wrong("redis: " + prefix + "password: not together with " + prefix + "password_file");
  }
  return {};
}

}  // namespace

Result<void> set_field(RedisOptions& options, std::string_view name, std::string_view value) {
  const auto* const field = std::ranges::find(kFields, name, &Field::name);
  if (field == kFields.end()) {
    return wrong("redis: no field is named '" + std::string(name) + "'");
  }
  const auto set = field->set(options, value);
  if (set) {
    return {};
  }
  std::string context("redis: ");
  context.append(name).append(": ").append(set.error().context());
  if (!is_secret(name)) {
    context.append(", got '").append(value).append("'");
  }
  return fail(Errc::invalid_argument, std::move(context));
}

Result<void> check(const RedisOptions& options) {
  if (auto good = check(options.credentials, ""); !good) {
    return good;
  }
  if (options.backoff_min > options.backoff_max) {
    return wrong("redis: backoff_min: not above backoff_max");
  }
  if (const auto* const sentinel = std::get_if<Sentinel>(&options.topology)) {
    if (auto good = check(sentinel->sentinel_credentials, "sentinel_"); !good) {
      return good;
    }
  }
  const TlsOptions* const tls = tls_of(options.topology);
  if (tls != nullptr && tls->files.cert_file.empty() != tls->files.key_file.empty()) {
    return wrong("redis: cert_file: only together with key_file");
  }
  const Replicas* const replicas = replicas_of(options.topology);
  const auto* const zones = replicas != nullptr ? std::get_if<ReadZone>(&replicas->read) : nullptr;
  if (zones != nullptr && (zones->own.empty() || zones->rules.empty())) {
    return wrong("redis: read=zone: needs zone and zones");
  }
  return {};
}

}  // namespace larder::redis
