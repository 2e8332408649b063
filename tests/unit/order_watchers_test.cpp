// Who watches which order, and what they hear of it.
#include "ticketd/orders/order_watchers.hpp"
#include "support/catch2.hpp"
#include "ticketd/domain/order_version.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;
using domain::order_status;

namespace {

domain::order_id id_of(std::uint8_t number) { return domain::order_id({number}); }

domain::order_view order_of(std::uint8_t number, order_status status, int second, bool is_charge_open = false) {
  domain::order_view order;
  order.id = id_of(number);
  order.status = status;
  order.updated_at = domain::timestamp(std::chrono::seconds(second));
  order.is_charge_open = is_charge_open;
  return order;
}

class listener final : public orders::order_watcher {
 public:
  std::vector<std::string> heard_states;
  int ends = 0;
  int goodbyes = 0;

 private:
  void changed(const domain::order_view& order) override { heard_states.emplace_back(to_string(order.status)); }
  void ended() override { ++ends; }
  void let_go() override { ++goodbyes; }
};

using states = std::vector<std::string>;

}  // namespace

TEST_CASE("a watcher hears each state once, none that is older, and the end", "[watch]") {
  orders::order_watchers watchers;
  listener ada, bob;
  watchers.add(id_of(1), ada);
  watchers.add(id_of(2), bob);
  const auto queued = order_of(1, order_status::queued, 0);
  const auto reserved = order_of(1, order_status::reserved, 10);
  CHECK(watchers.tell(queued));
  CHECK(watchers.tell(reserved));
  CHECK_FALSE(watchers.tell(reserved));
  CHECK_FALSE(watchers.tell(queued));
  CHECK(ada.ends == 0);
  CHECK(watchers.tell(order_of(1, order_status::confirmed, 20)));
  CHECK(ada.heard_states == states{"queued", "reserved", "confirmed"});
  CHECK(ada.ends == 1);
  CHECK_FALSE(watchers.tell(order_of(1, order_status::confirmed, 30)));  // it is forgotten
  CHECK(ada.heard_states.size() == 3);
  CHECK(bob.heard_states.empty());
}

TEST_CASE("an order whose charge is in doubt is watched until it is not", "[watch]") {
  orders::order_watchers watchers;
  listener ada;
  watchers.add(id_of(1), ada);
  watchers.tell(order_of(1, order_status::expired, 10, true));
  CHECK(ada.ends == 0);
  SECTION("it was charged in time after all") { watchers.tell(order_of(1, order_status::confirmed, 20)); }
  SECTION("it was not, and nothing of it changes") { watchers.tell(order_of(1, order_status::expired, 10, false)); }
  CHECK(ada.ends == 1);
  CHECK(ada.heard_states.size() <= 2);
}

TEST_CASE("two who watch one order hear what each has not heard", "[watch]") {
  orders::order_watchers watchers;
  listener ada, bob;
  watchers.add(id_of(1), ada);
  watchers.tell(order_of(1, order_status::reserved, 10));
  watchers.add(id_of(1), bob);
  REQUIRE(watchers.all().size() == 1);
  CHECK(watchers.all()[0].version == -1);  // the older of the two
  watchers.tell(bob, order_of(1, order_status::reserved, 10));
  CHECK(watchers.all()[0].version == 10'000'000);
  watchers.tell(order_of(1, order_status::confirmed, 20));
  CHECK(ada.heard_states == states{"reserved", "confirmed"});
  CHECK(bob.heard_states == ada.heard_states);
}

TEST_CASE("only what is watched is asked about, once however often it was noted", "[watch]") {
  orders::order_watchers watchers;
  listener ada;
  auto bob = std::make_unique<listener>();
  watchers.add(id_of(1), ada);
  watchers.add(id_of(2), *bob);
  const std::vector<domain::order_id> changed{id_of(1), id_of(2), id_of(3), id_of(1)};
  watchers.note_changed(changed);
  REQUIRE(watchers.is_any_due());
  bob.reset();
  const auto due = watchers.take_due();
  REQUIRE(due.size() == 1);
  CHECK(due[0].id == id_of(1));
  CHECK_FALSE(watchers.is_any_due());
  CHECK(watchers.all().size() == 1);
  const std::vector<domain::order_id> of_nobody{id_of(2)};
  watchers.note_changed(of_nobody);
  CHECK_FALSE(watchers.is_any_due());
}

TEST_CASE("who watches is let go, and who comes later, too", "[watch]") {
  orders::order_watchers watchers;
  listener ada, bob;
  watchers.add(id_of(1), ada);
  watchers.let_all_go();
  watchers.add(id_of(1), bob);
  CHECK(ada.goodbyes == 1);
  CHECK(bob.goodbyes == 1);
}

TEST_CASE("what may still change, and which of two states is the later", "[watch]") {
  using domain::may_change;
  CHECK(may_change(order_of(1, order_status::queued, 0)));
  CHECK(may_change(order_of(1, order_status::reserved, 0)));
  CHECK(may_change(order_of(1, order_status::expired, 0, true)));
  for (const auto status :
       {order_status::expired, order_status::confirmed, order_status::rejected, order_status::payment_failed})
    CHECK_FALSE(may_change(order_of(1, status, 0)));
  CHECK(domain::version_of(order_of(1, order_status::queued, 7)) == 0);
  CHECK(domain::version_of(order_of(1, order_status::reserved, 7)) == 7'000'000);
}
