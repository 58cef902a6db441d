#include <larder/testkit/models.hpp>

namespace larder::testkit {
namespace {

using State = KeyModel::State;
using Output = KeyModel::Output;
using Value = KeyModel::Value;
using Next = std::optional<State>;
using Answer = std::optional<Output>;

constexpr Next kImpossible = std::nullopt;

// Whether a read may have found this; a version that was unknown is known from then on.
bool sees(State& state, const std::optional<Value>& found) {
  if (found.has_value() != state.value.has_value()) {
    return false;
  }
  if (!found) {
    return true;
  }
  if (found->text != state.value->text ||
      (state.value->version && state.value->version != found->version)) {
    return false;
  }
  state.value->version = found->version;
  return true;
}

bool holds(const State& state, LeaseToken token) {
  // A token that no client has seen is nobody's.
  return state.lease && state.lease->token == token;
}

Next written(State state, std::string text, std::optional<Version> version) {
  state.value = Value{.text = std::move(text), .version = version};
  state.lease.reset();
  return state;
}

struct Step {
  const State& state;
  const Answer& answer;

  Next operator()(const KeyModel::Get&) const {
    State next = state;
    return !answer || sees(next, answer->found) ? Next(next) : kImpossible;
  }

  Next operator()(const KeyModel::Put& put) const {
    bool stores = true;
    if (std::holds_alternative<IfAbsent>(put.condition)) {
      stores = !state.value;
    } else if (const auto* wanted = std::get_if<IfVersion>(&put.condition)) {
      // An unknown version may be the wanted one: the answer tells.
      const bool unknown = state.value && !state.value->version;
      stores = unknown ? !answer || answer->done
                       : state.value && state.value->version == wanted->version;
    }
    if (answer && answer->done != stores) {
      return kImpossible;
    }
    if (!stores) {
      return state;
    }
    const auto version = answer ? answer->version : std::nullopt;
    // Two writes never share a version.
    const bool repeated = version && state.value && state.value->version == version;
    return repeated ? kImpossible : written(state, put.text, version);
  }

  Next operator()(const KeyModel::Erase&) const {
    if (answer && answer->done != state.value.has_value()) {
      return kImpossible;
    }
    State next = state;
    next.value.reset();
    next.lease.reset();
    return next;
  }

  Next operator()(const KeyModel::Ask& ask) const {
    State next = state;
    if (answer && !sees(next, answer->found)) {
      return kImpossible;
    }
    const bool refused =
        next.value && ask.despite && (!next.value->version || next.value->version == ask.despite);
    const LeaseState wanted = next.value && !refused ? LeaseState::not_needed
                              : next.lease           ? LeaseState::busy
                                                     : LeaseState::granted;
    if (answer && answer->lease != wanted) {
      return kImpossible;
    }
    if (wanted != LeaseState::granted) {
      return next;
    }
    if (!answer) {
      next.lease = KeyModel::Lease();
      return next;
    }
    if (answer->token <= next.last_token) {
      return kImpossible;
    }
    next.lease = KeyModel::Lease{.token = answer->token};
    next.last_token = answer->token;
    return next;
  }

  Next operator()(const KeyModel::Fill& fill) const {
    const bool stores = holds(state, fill.token);
    if (answer && answer->done != stores) {
      return kImpossible;
    }
    return stores ? written(state, fill.text, std::nullopt) : state;
  }

  Next operator()(const KeyModel::Renew& renew) const {
    return answer && answer->done != holds(state, renew.token) ? kImpossible : Next(state);
  }

  Next operator()(const KeyModel::Release& release) const {
    const bool held = holds(state, release.token);
    if (answer && answer->done != held) {
      return kImpossible;
    }
    State next = state;
    if (held) {
      next.lease.reset();
    }
    return next;
  }
};

std::string text_of(LeaseToken token) {
  return "token " + std::to_string(static_cast<std::uint64_t>(token));
}

std::string text_of(Version version) {
  return "version " + std::to_string(static_cast<std::uint64_t>(version));
}

std::string text_of(const std::optional<Value>& value) {
  if (!value) {
    return "no value";
  }
  return "'" + value->text + "' of " +
         (value->version ? text_of(*value->version) : "an unknown version");
}

struct Words {
  std::string operator()(const KeyModel::Get&) const { return "get"; }
  std::string operator()(const KeyModel::Put& put) const {
    std::string text = "put '" + put.text + "'";
    if (std::holds_alternative<IfAbsent>(put.condition)) {
      text += " if absent";
    } else if (const auto* wanted = std::get_if<IfVersion>(&put.condition)) {
      text += " if " + text_of(wanted->version);
    }
    return text;
  }
  std::string operator()(const KeyModel::Erase&) const { return "erase"; }
  std::string operator()(const KeyModel::Ask& ask) const {
    return ask.despite ? "read_or_lease despite " + text_of(*ask.despite) : "read_or_lease";
  }
  std::string operator()(const KeyModel::Fill& fill) const {
    return "fill '" + fill.text + "' with " + text_of(fill.token);
  }
  std::string operator()(const KeyModel::Renew& renew) const {
    return "renew " + text_of(renew.token);
  }
  std::string operator()(const KeyModel::Release& release) const {
    return "release " + text_of(release.token);
  }
};

}  // namespace

std::optional<State> KeyModel::step(const State& state, const Input& input,
                                    const std::optional<Output>& answer) {
  return std::visit(Step{.state = state, .answer = answer}, input);
}

std::string KeyModel::words(const State& state) {
  std::string text = text_of(state.value);
  if (state.lease) {
    text +=
        ", leased to " + (state.lease->token ? text_of(*state.lease->token) : "an unknown token");
  }
  return text;
}

std::string KeyModel::words(const Input& input) { return std::visit(Words(), input); }

std::string KeyModel::words(const Output& output) {
  std::string text = output.done ? "done" : "not done";
  if (output.version) {
    text += ", " + text_of(*output.version);
  }
  if (output.lease == LeaseState::granted) {
    text = "granted " + text_of(output.token);
  } else if (output.lease == LeaseState::busy) {
    text = "busy";
  }
  return output.found ? text + ", found " + text_of(output.found) : text;
}

}  // namespace larder::testkit
