// The currencies that there are, and how many digits their minor unit has: 1 TRY is 100 kurus, a yen has no smaller
// unit, a Kuwaiti dinar has 1,000 fils.
//
// Pure: any thread.
#pragma once

#include <optional>
#include <string_view>

namespace ticketd::domain {

// nullopt for what is no currency that something can be sold for (ISO 4217, list one as of January 2026, without
// metals, tests and the like).
[[nodiscard]] std::optional<int> minor_unit_digits(std::string_view currency) noexcept;

}  // namespace ticketd::domain
