// Counters and quotas; key_model.cpp has values and leases.
#include <larder/testkit/models.hpp>

namespace larder::testkit {

std::optional<CounterModel::State> CounterModel::step(const State& sum, const Input& input,
                                                      const std::optional<Output>& answer) {
  State next = 0;
  const bool fits = !__builtin_add_overflow(sum, input.delta, &next);
  const auto answered = fits ? std::optional(next) : std::nullopt;
  if (answer && answer->sum != answered) {
    return std::nullopt;
  }
  return fits ? next : sum;
}

std::string CounterModel::words(const State& sum) { return "sum " + std::to_string(sum); }
std::string CounterModel::words(const Input& input) { return "add " + std::to_string(input.delta); }
std::string CounterModel::words(const Output& output) {
  return output.sum ? std::to_string(*output.sum) : "out_of_range";
}

std::optional<QuotaModel::State> QuotaModel::step(const State& taken, const Input& input,
                                                  const std::optional<Output>& answer) {
  const bool allowed = taken + input.cost <= kBurst;
  const State next = allowed ? taken + input.cost : taken;
  if (answer && (answer->allowed != allowed || answer->remaining != kBurst - next)) {
    return std::nullopt;
  }
  return next;
}

std::string QuotaModel::words(const State& taken) {
  return std::to_string(taken) + " of " + std::to_string(kBurst) + " units taken";
}
std::string QuotaModel::words(const Input& input) { return "take " + std::to_string(input.cost); }
std::string QuotaModel::words(const Output& output) {
  return (output.allowed ? "allowed, " : "denied, ") + std::to_string(output.remaining) +
         " remaining";
}

}  // namespace larder::testkit
