#include "support/checkout.hpp"

namespace ticketd::test {

std::string checkout() { return TICKETD_SOURCE_DIR; }

}  // namespace ticketd::test
