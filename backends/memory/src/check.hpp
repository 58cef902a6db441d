// The rules for arguments, as verbs.hpp and entry.hpp state them. An error names the field.
#pragma once

#include <cstddef>

#include <larder/error.hpp>
#include <larder/verbs.hpp>

namespace larder::memory {

[[nodiscard]] Result<void> check_entry(const Entry& entry, std::size_t value_bytes_max);
[[nodiscard]] Result<void> check_hold(milliseconds hold);
[[nodiscard]] Result<void> check_addition(const Addition& addition);
[[nodiscard]] Result<void> check_quota(const QuotaRequest& request);
[[nodiscard]] Result<void> check_log(const LogBounds& bounds, std::size_t payload_size);

}  // namespace larder::memory
