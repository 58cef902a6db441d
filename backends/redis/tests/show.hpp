// What a test sees of a value: a text in which every difference shows.
#pragma once

#include <string>

#include <larder/redis/value.hpp>

namespace larder::redis {

inline std::string show(const Value& value) {
  std::string text(to_string(value.kind()));
  if (!value.is_aggregate()) {
    return value.is_null() ? text : text.append("'").append(value.text()).append("'");
  }
  text.append("(");
  for (const Value element : value) {
    text.append(text.ends_with('(') ? "" : " ").append(show(element));
  }
  return text.append(")");
}

}  // namespace larder::redis
