// Which verbs are there, and that all of them obey what holds for all.
#include <string>

#include "conformance/groups.hpp"
#include "conformance/probes.hpp"

namespace larder::testkit {
namespace {

awaitable<void> is_there_if_declared(Trial& trial, VerbProbe probe) {
  const std::optional<Error> error = co_await probe.call(trial, trial.soon());
  const bool unsupported = error && error->code() == Errc::unsupported;
  if (!probe.declared(trial.can())) {
    trial.expect(unsupported, std::string("verb ")
                                  .append(probe.verb)
                                  .append(" answers unsupported (Capabilities.")
                                  .append(probe.capability)
                                  .append(" is false)"));
  } else if (unsupported) {
    std::string text("missing verb: ");
    text.append(probe.verb);
    if (probe.needs != nullptr) {
      text.append(" (Capabilities.").append(probe.capability).append(" is true)");
    }
    trial.violate(std::move(text), Where::current());
  } else if (error) {
    trial.violate(std::string(probe.verb) + ": failed: " + error->message(), Where::current());
  }
}

awaitable<void> ends_at_once(Trial& trial, VerbProbe probe) {
  if (!probe.declared(trial.can())) {
    co_await is_there_if_declared(trial, probe);
    co_return;
  }
  const std::optional<Error> error = co_await probe.call(trial, trial.past());
  trial.require(error.has_value(), "a deadline already past is an error");
  trial.equal(to_string(error->code()), "timeout", "the cause");
  trial.equal(to_string(error->advice()), "later", "the advice, since nothing was done");
}

awaitable<void> answers_closed(Trial& trial, VerbProbe probe) {
  co_await trial.close();
  const std::optional<Error> error = co_await probe.call(trial, trial.soon());
  trial.require(error.has_value(), "a verb of a closed store answers an error");
  // A verb that is not there may say that first.
  const bool refused = error->code() == Errc::unsupported && !probe.declared(trial.can());
  trial.expect(error->code() == Errc::closed || refused, "the cause is closed");
}

}  // namespace

std::vector<Check> verb_checks() {
  using Body = awaitable<void> (*)(Trial&, VerbProbe);
  std::vector<Check> checks;
  for (const VerbProbe& probe : verb_probes()) {
    const auto add = [&](std::string_view suffix, Body body) {
      checks.push_back(Check{.group = "Verbs",
                             .name = std::string(probe.verb).append(suffix),
                             .needs = nullptr,
                             .body = [body, probe](Trial& trial) { return body(trial, probe); }});
    };
    add("_is_there_if_declared", is_there_if_declared);
    add("_ends_at_once_when_the_deadline_is_past", ends_at_once);
    add("_answers_closed_after_close", answers_closed);
  }
  return checks;
}

}  // namespace larder::testkit
