// What a settlement writes when it ends: orders, payments and stock, and who waits or waits no more.
//
// Pure: what runs them is the store. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "ticketd/domain/allocation.hpp"
#include "ticketd/domain/hold.hpp"
#include "ticketd/domain/order.hpp"
#include "ticketd/domain/settlement_reading.hpp"

#include <span>

namespace ticketd::persistence {

// All but the commit. A payment, as it is given, for each reserved order.
void add_settlement(pipeline& to, std::span<const domain::accepted_order> orders, const domain::allocation& allocation,
                    domain::order_source from, const domain::new_payment& payment);

}  // namespace ticketd::persistence
