// Admissions: how many loads run at once in each namespace.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

// Any thread.
class Admissions {
 public:
  explicit Admissions(std::size_t loads_max) noexcept : loads_max_(loads_max) {}

  // What one load holds, until it is destroyed. One thread at a time.
  class Ticket {
   public:
    explicit Ticket(Admissions& home) noexcept : home_(home) {}
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    // Whether the load may bring keys of the namespace; asked once for each.
    [[nodiscard]] bool admits(std::string_view name_space);

   private:
    Admissions& home_;
    std::vector<std::string> admitted_;
    std::vector<std::string> refused_;
  };

  [[nodiscard]] std::size_t running() const;

 private:
  [[nodiscard]] bool enter(const std::string& name_space);
  void leave(const std::string& name_space);

  const std::size_t loads_max_;
  mutable std::mutex mutex_;
  // Only those in which a load runs.
  std::map<std::string, std::size_t> loads_;
};

}  // namespace larder
