// Member: one upstream of the merged catalogue, with what routing and caching know of it.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <larder/gateway/config.hpp>
#include <larder/gateway/upstream.hpp>
#include <larder/key.hpp>
#include <larder/mcp/list.hpp>

namespace larder::gateway {

// One kind of listed things by name (uris of resources), as last read.
struct Index {
  std::unordered_map<std::string, mcp::ListItem> items;
};

class Member {
 public:
  explicit Member(UpstreamConfig config);

  [[nodiscard]] const UpstreamConfig& config() const noexcept { return config_; }
  [[nodiscard]] const std::string& name() const noexcept { return config_.options.name; }
  [[nodiscard]] Upstream& upstream() const noexcept { return *upstream_; }
  void connect(std::unique_ptr<Upstream> upstream) noexcept { upstream_ = std::move(upstream); }

  // "weather__", or "" when it is not prefixed.
  [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }

  // How the upstream calls what clients call `listed`; nullopt if the prefix is another's.
  [[nodiscard]] std::optional<std::string> own_name(std::string_view listed) const;

  // On every entry of this upstream.
  [[nodiscard]] const Tag& tag() const noexcept { return tag_; }
  // On its lists of one kind. Templates change with resources.
  [[nodiscard]] Tag list_tag(mcp::ListKind kind) const;
  // On what was read from one uri.
  [[nodiscard]] Tag uri_tag(std::string_view uri) const;

  // What the upstream said last, and whether it still stands: not after its connection
  // was lost. Null before it has ever connected.
  [[nodiscard]] std::pair<std::shared_ptr<const ServerFacts>, bool> facts() const;
  void set_facts(std::shared_ptr<const ServerFacts> facts);
  void forget_facts();

  // The index if it is known and not outdated.
  [[nodiscard]] std::shared_ptr<const Index> index(mcp::ListKind kind, SteadyTime now) const;
  void set_index(mcp::ListKind kind, std::shared_ptr<const Index> index, SteadyTime good_until);
  void forget_index(mcp::ListKind kind);
  void forget_indexes();

 private:
  struct TimedIndex {
    std::shared_ptr<const Index> index;
    SteadyTime good_until{};
  };

  UpstreamConfig config_;
  std::string prefix_;
  Tag tag_;
  std::unique_ptr<Upstream> upstream_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ServerFacts> facts_;
  bool facts_stand_ = false;
  std::array<TimedIndex, 4> indexes_;  // by ListKind
};

}  // namespace larder::gateway
