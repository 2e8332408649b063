// Orders that wait for their event, as rows of waiting_orders: in by a settlement that defers them, out by one that
// decides them.
//
// Pure: what runs them is the store. Thread: any.
#pragma once

#include "persistence/pipeline.hpp"
#include "ticketd/domain/order.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace ticketd::persistence {

// Puts those at these indices in, in their order.
void add_waiting(pipeline& to, std::span<const domain::accepted_order> orders, const std::vector<std::size_t>& indices);

// Takes all out but those at these indices.
void take_out_of_waiting(pipeline& to, std::span<const domain::accepted_order> orders,
                         const std::vector<std::size_t>& but);

}  // namespace ticketd::persistence
