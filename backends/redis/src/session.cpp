#include <larder/redis/session.hpp>

#include <utility>

namespace larder::redis {
namespace {

SessionStep hello(const Session& session) {
  SessionStep step{.arguments = {"HELLO", "3"}};
  if (!session.user.empty() || !session.password.empty()) {
    step.arguments.insert(
        step.arguments.end(),
        {"AUTH", session.user.empty() ? "default" : session.user, session.password.reveal()});
  }
  return step;
}

SessionStep track(const Session& session) {
  SessionStep step{.arguments = {"CLIENT", "TRACKING", "ON"}};
  if (session.tracking == Tracking::broadcast) {
    step.arguments.emplace_back("BCAST");
    for (const std::string& prefix : session.tracked_prefixes) {
      step.arguments.insert(step.arguments.end(), {"PREFIX", prefix});
    }
  }
  return step;
}

SessionStep subscribe(std::string verb, const std::vector<std::string>& channels) {
  SessionStep step{.arguments = {std::move(verb)}};
  step.arguments.insert(step.arguments.end(), channels.begin(), channels.end());
  return step;
}

}  // namespace

std::vector<SessionStep> session_steps(const Session& session) {
  std::vector<SessionStep> steps{hello(session)};
  if (!session.client_name.empty()) {
    steps.push_back({.arguments = {"CLIENT", "SETNAME", session.client_name},
                     .need = SessionStep::Need::optional});
  }
  if (session.database != 0) {
    steps.push_back({.arguments = {"SELECT", std::to_string(session.database)}});
  }
  if (session.replica_reads) {
    steps.push_back({.arguments = {"READONLY"}});
  }
  if (session.tracking != Tracking::off) {
    steps.push_back(track(session));
  }
  if (!session.channels.empty()) {
    steps.push_back(subscribe("SUBSCRIBE", session.channels));
  }
  for (const std::string& channel : session.shard_channels) {
    steps.push_back(subscribe("SSUBSCRIBE", {channel}));
  }
  return steps;
}

}  // namespace larder::redis
