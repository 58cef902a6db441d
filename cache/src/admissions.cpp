#include "admissions.hpp"

#include <algorithm>

namespace larder {

Admissions::Ticket::~Ticket() {
  for (const std::string& name_space : admitted_) {
    home_.leave(name_space);
  }
}

bool Admissions::Ticket::admits(std::string_view name_space) {
  if (std::ranges::find(admitted_, name_space) != admitted_.end()) {
    return true;
  }
  if (std::ranges::find(refused_, name_space) != refused_.end()) {
    return false;
  }
  const std::string name(name_space);
  const bool admitted = home_.enter(name);
  (admitted ? admitted_ : refused_).push_back(name);
  return admitted;
}

std::size_t Admissions::running() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [name_space, count] : loads_) {
    sum += count;
  }
  return sum;
}

bool Admissions::enter(const std::string& name_space) {
  const std::lock_guard lock(mutex_);
  std::size_t& count = loads_[name_space];
  if (count >= loads_max_) {
    return false;
  }
  ++count;
  return true;
}

void Admissions::leave(const std::string& name_space) {
  const std::lock_guard lock(mutex_);
  const auto place = loads_.find(name_space);
  if (--place->second == 0) {
    loads_.erase(place);
  }
}

}  // namespace larder
