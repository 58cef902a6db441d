// Percent-encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder::redis {

// nullopt if a % is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

// All bytes encoded but letters, digits and - . _ ~ and those in `also_plain`.
[[nodiscard]] std::string percent_encoded(std::string_view text, std::string_view also_plain = {});

}  // namespace larder::redis
