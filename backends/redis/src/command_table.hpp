// CommandTable: the commands of a pipeline, each in a slot that is used again, and the lists
// they stand in.
//
// A slot keeps the memory of its command's bytes for the next one, so that a pipeline in its
// steady state allocates nothing for a command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <larder/bytes.hpp>
#include <larder/clock.hpp>
#include <larder/error.hpp>
#include <larder/redis/command.hpp>
#include <larder/redis/pipeline.hpp>
#include <larder/redis/script.hpp>

namespace larder::redis {

// A large argument, which is not among the command's bytes.
struct SharedPart {
  std::size_t before = 0;  // where in the command's bytes it belongs
  Bytes bytes;
};

struct Command {
  enum class State : std::uint8_t {
    free,
    waiting,
    sent,
    ended,  // its Failed waits to be taken
  };
  enum class Purpose : std::uint8_t {
    caller,
    abandoned,  // sent, and nobody waits for its reply any more
    session,
    ping,
  };

  std::string bytes;
  std::vector<SharedPart> shared;
  const Script* script = nullptr;
  std::size_t script_at = 0;  // where in `bytes` the script's two arguments belong
  std::size_t size = 0;       // what counts against bytes_max
  std::uint32_t weight = 0;

  void* user = nullptr;
  SteadyTime deadline;
  SteadyTime send_before;   // it is not sent any more from then on
  std::uint64_t fence = 0;  // the number in its PING; 0 = it has none

  State state = State::free;
  Purpose purpose = Purpose::caller;
  Repeat repeat = Repeat::never;
  Asked asked = Asked::no;
  bool awaits_asking = false;  // the next reply is that of ASKING
  bool has_met_error = false;  // and only its fence is still to come
  bool carries_source = false;
  Fate fate = Fate::unsent;
  std::optional<Error> error;  // once it has ended

  std::uint32_t turn = 1;
  std::uint32_t previous = 0;
  std::uint32_t next = 0;
};

class CommandTable {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  // A slot gives back more memory than this.
  static constexpr std::size_t kKeepBytes = 2048;

  // A free slot; references to others end.
  [[nodiscard]] std::uint32_t take();
  void release(std::uint32_t index) noexcept;

  [[nodiscard]] Command& operator[](std::uint32_t index) noexcept { return commands_[index]; }
  // The slot of a ticket whose command has not ended; kNone if it has.
  [[nodiscard]] std::uint32_t find(Ticket ticket) const noexcept;

 private:
  std::vector<Command> commands_;
  std::vector<std::uint32_t> free_;
};

// Commands in an order. A command is in one list at most.
class CommandList {
 public:
  explicit CommandList(CommandTable& table) noexcept : table_(&table) {}

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint32_t front() const noexcept { return first_; }
  [[nodiscard]] std::uint32_t after(std::uint32_t index) const noexcept {
    return (*table_)[index].next;
  }

  void push_back(std::uint32_t index) noexcept;
  void remove(std::uint32_t index) noexcept;
  // Puts one that is in no list where another is, which leaves.
  void replace(std::uint32_t index, std::uint32_t with) noexcept;

 private:
  void link(std::uint32_t before, std::uint32_t after) noexcept;

  CommandTable* table_;
  std::uint32_t first_ = CommandTable::kNone;
  std::uint32_t last_ = CommandTable::kNone;
  std::size_t size_ = 0;
};

}  // namespace larder::redis
