// What the worker says of its progress as it lies in Redis, under progress_key.
//
// Pure. Thread: any.
#pragma once

#include "ticketd/orders/settlement_progress.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ticketd::orders {

inline constexpr std::string_view progress_key = "ticketd:settlement";

[[nodiscard]] std::string encode_progress(const settlement_progress& progress);

// nullopt for anything that this version did not write.
[[nodiscard]] std::optional<settlement_progress> decode_progress(std::string_view text);

}  // namespace ticketd::orders
