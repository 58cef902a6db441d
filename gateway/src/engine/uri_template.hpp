// RFC 6570 templates, matched: may this uri have been made from this template?
#pragma once

#include <string_view>

namespace larder::gateway {

// `{x}` stands for one or more characters but '/', `{+x}`, `{/x*}` and the other operators
// for any characters. A question, not an expansion: it answers which upstream to ask first.
[[nodiscard]] bool matches_template(std::string_view uri, std::string_view uri_template) noexcept;

}  // namespace larder::gateway
