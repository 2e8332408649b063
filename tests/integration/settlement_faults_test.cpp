// Settlement on a real database that is there, and refuses: what is not an order's own fault is waited out, with every
// order kept, and all of them settle when it is over.
#include "fakes/fake_queue.hpp"
#include "support/stores.hpp"
#include "ticketd/async/spawn.hpp"
#include "ticketd/orders/settle_orders.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

using namespace ticketd;
using namespace std::chrono_literals;

namespace {

// A worker's settlement on it, with a batch in its queue.
class settling {
 public:
  explicit settling(int orders = 20, std::chrono::milliseconds transaction = 10s) : transaction_max(transaction) {
    stores.define(test::gig(1000));
    auto other = test::gig(1000);
    other.id = "other";
    stores.define(other);
    // Plans of before: they are cached by the time that the schema changes.
    for (int i = 0; i < 4; ++i) stores.settle({stores.order("standing", 1)}, domain::payment_mode::charge);
    for (int i = 0; i < orders; ++i) queued.push_back(stores.order("standing", 2));
  }

  void begin() {
    messaging::order_batch batch;
    batch.orders = queued;
    batch.deliveries = {{1, queued.size(), 0}};
    consumer.batches.push_back(std::move(batch));
    async::spawn(stores.io.get_executor(), "settle", settle.run());
  }
  void run_until(const std::function<bool()>& is_so) { test::run_until(stores.io, is_so); }
  [[nodiscard]] bool is_waiting() const { return stores.metrics.settlement_waiting.Value() == 1; }
  [[nodiscard]] std::string count(const std::string& where) {
    return stores.sql("SELECT count(*) FROM orders WHERE quantity = 2 AND " + where);
  }
  // As after a failover: who is connected is not any more.
  void end_connections() {
    stores.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }

  std::chrono::milliseconds transaction_max;
  test::stores stores;
  domain::system_clock clock;
  test::fake_consumer consumer;
  std::vector<domain::accepted_order> queued;
  orders::settle_orders settle{
      stores.io.get_executor(),
      *stores.database,
      consumer,
      stores.mint,
      clock,
      stores.printer,
      {.settler = {.rules = {.pay = domain::payment_mode::charge, .hold = {}, .may_defer = true},
                   .transaction = transaction_max}},
      {{[](const std::string&) {}, [](auto) {}}, [](std::size_t) {}},
      stores.metrics};
};

struct fault {
  const char* what;
  const char* breaks;
  const char* mends;
};

}  // namespace

TEST_CASE("what is not an order's fault is waited out, and then every order settles", "[persistence][integration]") {
  const auto is = GENERATE(
      fault{"the table is away", "ALTER TABLE orders RENAME TO orders_away",
            "ALTER TABLE orders_away RENAME TO orders"},
      fault{"a column is away", "ALTER TABLE orders RENAME buyer_name TO b",
            "ALTER TABLE orders RENAME b TO buyer_name"},
      fault{"a privilege is gone", "REVOKE INSERT ON orders FROM CURRENT_USER, ticketd",
            "GRANT INSERT ON orders TO CURRENT_USER, ticketd"},
      fault{"a check that nothing passes", "ALTER TABLE orders ADD CONSTRAINT no CHECK (quantity > 1000) NOT VALID",
            "ALTER TABLE orders DROP CONSTRAINT no"},
      fault{"a column that takes less", "ALTER TABLE orders ALTER category_id TYPE char(1) USING 'x'",
            "ALTER TABLE orders ALTER category_id TYPE text COLLATE \"C\" USING 'standing'"},
      fault{"no migration is known", "ALTER TABLE schema_migrations RENAME TO m",
            "ALTER TABLE m RENAME TO schema_migrations"},
      fault{"it is read-only",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', "
            "current_database()); END $$",
            "SET TRANSACTION READ WRITE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET "
            "default_transaction_read_only', current_database()); END $$"});
  CAPTURE(is.what);
  settling on;
  on.stores.sql(is.breaks);
  on.end_connections();
  on.begin();
  on.run_until([&] { return on.is_waiting(); });
  CHECK(on.consumer.acknowledged == 0);

  on.stores.sql(is.mends);
  on.end_connections();
  on.run_until([&] { return on.consumer.acknowledged == 1; });
  CHECK_FALSE(on.is_waiting());
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.count("status = 'reserved'") == "20");
  CHECK(on.stores.sql("SELECT last_value FROM waiting_orders_place_seq") == "1");  // none was put there
}

TEST_CASE("a column that is made wider under cached plans costs no order", "[persistence][integration]") {
  settling on;
  on.stores.sql("ALTER TABLE orders ALTER quantity TYPE bigint");
  on.stores.sql("ALTER TABLE categories ALTER sold TYPE bigint, ALTER capacity TYPE bigint");
  on.begin();
  on.run_until([&] { return on.consumer.acknowledged == 1; });
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.count("status = 'reserved'") == "20");
  CHECK(on.stores.find(on.queued.front().id).quantity == 2);
}

TEST_CASE("an order whose words alone are refused ends in a row, and costs nobody else anything",
          "[persistence][integration]") {
  settling on;
  on.queued[7].buyer.name = "Eve";
  on.stores.sql("ALTER TABLE orders ADD CONSTRAINT no_eve CHECK (buyer_name <> 'Eve') NOT VALID");
  on.begin();
  on.run_until([&] { return on.consumer.acknowledged == 1; });
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.count("status = 'reserved'") == "19");
  const auto hers = on.stores.find(on.queued[7].id);
  CHECK(hers.status == domain::order_status::rejected);
  CHECK(hers.reason == domain::order_reason::not_available);
}

TEST_CASE("a database that is being restored is waited for, not taken for empty", "[persistence][integration]") {
  settling on;
  on.stores.sql("CREATE TABLE kept AS SELECT * FROM categories");
  on.stores.sql("DELETE FROM categories");
  on.begin();
  on.run_until([&] { return on.is_waiting(); });
  CHECK(on.count("true") == "0");
  on.stores.sql("INSERT INTO categories SELECT * FROM kept");
  on.run_until([&] { return on.consumer.acknowledged == 1; });
  CHECK(on.count("status = 'reserved'") == "20");
}

TEST_CASE("a database that needs its time for each row settles in smaller steps", "[persistence][integration]") {
  settling on(300, 1s);
  on.stores.sql(
      "CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_sleep(0.006); RETURN NEW; END $$");
  on.stores.sql("CREATE TRIGGER slow BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION take_time()");
  on.begin();
  // Who ran out of time may hold the event's lock for a moment longer: then the orders wait in their table, in their
  // order.
  async::spawn(on.stores.io.get_executor(), "wait", on.settle.run_waiting());
  on.run_until([&] { return on.count("status = 'reserved'") == "300"; });
  CHECK(on.consumer.acknowledged == 1);
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.stores.sql("SELECT count(*) FROM waiting_orders") == "0");
}

TEST_CASE("what the database refuses of one event's rows holds up no other's", "[persistence][integration]") {
  const std::string what = GENERATE("RAISE EXCEPTION 'not this one'", "RAISE unique_violation", "PERFORM 1 / 0",
                                    "PERFORM pg_sleep(0.3)", "PERFORM FROM held_by_somebody FOR UPDATE");
  const std::string table = GENERATE("BEFORE INSERT ON orders", "BEFORE UPDATE ON categories");
  CAPTURE(what, table);
  settling on(20, 2s);
  const auto is_other = [](std::size_t i) { return i % 4 == 3; };
  for (std::size_t i = 0; i < on.queued.size(); ++i)
    if (is_other(i)) on.queued[i].event_id = "other";
  on.stores.sql("CREATE TABLE held_by_somebody AS SELECT 1");
  on.stores.sql("CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + what +
                "; RETURN NEW; END $$");
  on.stores.sql("CREATE TRIGGER fault " + table + " FOR EACH ROW WHEN (NEW.event_id = 'gig') EXECUTE FUNCTION fault()");
  auto somebody = on.stores.fresh.connect();
  somebody("BEGIN");
  somebody("SELECT 1 FROM held_by_somebody FOR UPDATE");
  on.begin();
  async::spawn(on.stores.io.get_executor(), "wait", on.settle.run_waiting());
  on.run_until([&] { return on.consumer.acknowledged == 1; });
  on.run_until([&] { return on.count("status = 'reserved' AND event_id = 'other'") == "5"; });
  CHECK_FALSE(on.is_waiting());

  on.stores.sql("DROP FUNCTION fault CASCADE");
  on.run_until([&] { return on.count("status = 'reserved'") == "20"; });
  CHECK(on.consumer.dead_letters.empty());
  CHECK(on.stores.sql("SELECT count(*) FROM waiting_orders") == "0");
  CHECK(on.stores.sql("SELECT sum(held) FROM categories WHERE event_id = 'gig'") == "34");  // with those of before
}
