// A change notice as it travels: {"orders": ["6f0c...", ...]}. Members that are not known are ignored.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/domain/order_id.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ticketd::messaging {

[[nodiscard]] std::string encode_changes(std::span<const domain::order_id> changed);

// What can be read of it. Nothing hangs on the rest: a notice may be lost.
[[nodiscard]] std::vector<domain::order_id> decode_changes(std::string_view body);

}  // namespace ticketd::messaging
