#include "engine/uri_template.hpp"

#include <cctype>
#include <cstddef>

namespace larder::gateway {
namespace {

struct Expression {
  bool one_segment = false;  // plain {name}: no slash in it
  std::size_t size = 0;      // with its braces; 0 = there is no expression here
};

Expression expression_at(std::string_view text) noexcept {
  const std::size_t end = text.find('}');
  if (text.empty() || text.front() != '{' || end == std::string_view::npos || end == 1) {
    return {};
  }
  const bool plain = std::isalnum(static_cast<unsigned char>(text[1])) != 0 || text[1] == '_';
  return {.one_segment = plain, .size = end + 1};
}

// A place to come back to after a mismatch: the expression that ends before template[t]
// then takes one character more, up to uri[u].
struct Return {
  bool usable = false;
  std::size_t u = 0;
  std::size_t t = 0;
};

}  // namespace

// The usual wildcard match, with two places to return to: the last expression that stays
// within a segment and, behind it, the last that does not. Texts are of bounded size.
bool matches_template(std::string_view uri, std::string_view uri_template) noexcept {
  std::size_t u = 0;
  std::size_t t = 0;
  Return segment;
  Return any;
  while (u < uri.size()) {
    const std::string_view rest = uri_template.substr(t);
    const Expression expression = expression_at(rest);
    if (expression.size > 0 && !expression.one_segment) {
      t += expression.size;
      any = {.usable = true, .u = u, .t = t};
      segment.usable = false;
    } else if (expression.size > 0 && uri[u] != '/') {
      t += expression.size;
      segment = {.usable = true, .u = ++u, .t = t};
    } else if (expression.size == 0 && !rest.empty() && rest.front() == uri[u]) {
      ++u;
      ++t;
    } else if (segment.usable && uri[segment.u] != '/') {
      u = ++segment.u;
      t = segment.t;
    } else if (any.usable) {
      segment.usable = false;
      u = ++any.u;
      t = any.t;
    } else {
      return false;
    }
  }
  // What is left of the template must be able to stand for nothing.
  while (t < uri_template.size()) {
    const Expression expression = expression_at(uri_template.substr(t));
    if (expression.size == 0 || expression.one_segment) {
      return false;
    }
    t += expression.size;
  }
  return true;
}

}  // namespace larder::gateway
