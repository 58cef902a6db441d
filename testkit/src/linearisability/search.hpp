// The search for an order (Wing and Gong, with Lowe's memory of configurations).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include <larder/testkit/linearisability.hpp>

namespace larder::testkit::detail {

// What a search has to know: the history up to the stamp `until`. Operations called later
// are not in it; those that returned later have no answer yet.
struct Order {
  Outcome outcome = Outcome::undecided;
  // The order that placed the most answers, and the state it reached.
  std::vector<std::size_t> best{};
  std::size_t best_state = 0;
};

class Search {
 public:
  Search(std::span<const Interval> intervals, Steps& steps, std::uint64_t until,
         std::size_t configurations_max);

  [[nodiscard]] Order run();

 private:
  using Node = std::size_t;
  using Configuration = std::vector<std::uint64_t>;
  struct Hash {
    std::size_t operator()(const Configuration& configuration) const noexcept;
  };
  struct Placed {
    std::size_t operation;
    std::size_t state_before;
  };

  // A list of calls and returns in the order of their stamps, behind kHead and before the
  // end, which is a return of nothing. Placing an operation takes its two nodes out.
  static constexpr Node kHead = 0;
  [[nodiscard]] static Node call_of(std::size_t operation) { return 1 + 2 * operation; }
  [[nodiscard]] static bool is_call(Node node) { return node % 2 == 1; }
  [[nodiscard]] Node end() const { return next_.size() - 1; }
  [[nodiscard]] bool answered(std::size_t operation) const {
    return intervals_[operation].returned <= until_;
  }

  void link(std::vector<std::pair<std::uint64_t, Node>> stamps);
  void take_out(Node node);
  void put_back(Node node);
  // Whether the operation could be placed next, in a configuration not seen before.
  bool place(std::size_t operation);
  // Takes the last one back and answers the node to go on at.
  Node take_back();
  void note_best();

  std::span<const Interval> intervals_;
  Steps& steps_;
  std::uint64_t until_;
  std::size_t configurations_max_;
  std::vector<Node> next_;
  std::vector<Node> previous_;
  std::size_t answers_left_ = 0;
  std::size_t fewest_left_ = 0;
  std::size_t state_ = 0;
  std::vector<Placed> placed_;
  Configuration configuration_;  // one bit for each placed operation, and the state
  std::unordered_set<Configuration, Hash> seen_;
  Order order_;
};

}  // namespace larder::testkit::detail
