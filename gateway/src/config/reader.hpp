// Reads a JSON tree field by field, remembering where it is, so that every problem names
// its path, its value and what was expected.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <larder/gateway/config.hpp>

namespace larder::gateway {

using Json = nlohmann::ordered_json;

// One value of the tree. The tree and the list of problems outlive it.
class Field {
 public:
  Field(const Json& value, std::string path, std::vector<ConfigProblem>& problems) noexcept
      : value_(&value), path_(std::move(path)), problems_(&problems) {}

  [[nodiscard]] const Json& json() const noexcept { return *value_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  void problem(std::string expected) const;
  // The same without showing the value, for what may be a secret.
  void secret_problem(std::string expected) const;

  // Each reads the value into `target`, or reports a problem and leaves it alone.
  void read(bool& target) const;
  void read(std::string& target) const;
  void read(std::vector<std::string>& target) const;
  void read(milliseconds& target, milliseconds min, milliseconds max) const;
  void read_size(std::size_t& target, std::size_t min, std::size_t max) const;
  void read_count(std::size_t& target, std::size_t min, std::size_t max) const;
  void read_choice(std::string& target, std::initializer_list<std::string_view> choices) const;

  // Calls `each` with every member of an object.
  void members(const std::function<void(const std::string& name, const Field& field)>& each) const;

 private:
  const Json* value_;
  std::string path_;
  std::vector<ConfigProblem>* problems_;
};

// The members of one object by name. The destructor refuses those nobody asked for.
class Fields {
 public:
  explicit Fields(const Field& object);
  ~Fields();
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  [[nodiscard]] bool has(std::string_view name) const;

  // Calls `read` with the member if it is there.
  void at(std::string_view name, const std::function<void(const Field&)>& read);

 private:
  Field object_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace larder::gateway
