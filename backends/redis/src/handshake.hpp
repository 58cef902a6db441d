// Handshake: the replies of a server to the steps of a session.
#pragma once

#include <cstddef>
#include <vector>

#include <larder/error.hpp>
#include <larder/redis/session.hpp>
#include <larder/redis/value.hpp>

namespace larder::redis {

class Handshake {
 public:
  // The steps to send, in this order. They hold the password: forgotten when answered.
  [[nodiscard]] const std::vector<SessionStep>& begin(const Session& session);

  // The reply to the first step that has none. An error means that the connection is of no
  // use; what it says is fit for users.
  [[nodiscard]] Result<void> answered(const Value& reply);

  [[nodiscard]] bool is_done() const noexcept { return steps_.empty(); }
  [[nodiscard]] const ServerHello& hello() const noexcept { return hello_; }

 private:
  [[nodiscard]] Result<void> greeted(const Value& reply);

  std::vector<SessionStep> steps_;
  std::size_t answers_ = 0;
  ServerHello hello_;
};

}  // namespace larder::redis
