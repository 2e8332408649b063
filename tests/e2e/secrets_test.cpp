// Secrets and what they open: one is replaced while buyers buy, no log has an order's id, an address is erased, and who
// edits an event is written down.
#include "ticketd/domain/secrets.hpp"
#include "support/catch2.hpp"
#include "support/checkout.hpp"
#include "support/drill.hpp"
#include "support/eventually.hpp"
#include "support/patterns.hpp"
#include "support/sale.hpp"
#include "support/servers.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace ticketd;
using namespace ticketd::test;

namespace {

const std::vector<std::string> sellers{"worker-1", "api-1", "api-2", "api-3"};
const std::string new_secret = "the-new-secret-of-the-lab";

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Stops the service, and starts it again with these.
void restart_with(const laboratory& lab, const std::string& service, const std::string& secret,
                  const std::string& previous) {
  const auto path = std::filesystem::path(required_variable("TICKETD_LAB_DIR")) / service / "run";
  const std::string settings =
      "export TICKETD_SECRET=" + secret + "\nexport TICKETD_SECRET_PREVIOUS=" + previous + "\n";
  const pattern known("export TICKETD_SECRET(_PREVIOUS)?=[^\n]*\n");
  const auto without = known.replaced_in(text_of(path), "");
  const auto end = without.rfind("exec ");
  lab.stop(service);
  std::ofstream(path) << without.substr(0, end) + settings + without.substr(end);
  lab.start(service);
}

// The lab as it was: what was made under the new secret is over, so that nobody asks for it any more.
class rotation {
 public:
  explicit rotation(const laboratory& lab) : lab_(lab) { lab.up(); }
  rotation(const rotation&) = delete;
  rotation& operator=(const rotation&) = delete;
  ~rotation() {
    for (const auto* event : made_) (void)event->plan({.closes_at = "2021-01-01T00:00:00Z"});
    (void)lab_.run({"up"});
  }

  void is_made_under_new_secret(const sale& event) { made_.push_back(&event); }

 private:
  const laboratory& lab_;
  std::vector<const sale*> made_;
};

std::string generation_of(const laboratory& lab, const sale& concert) {
  return lab.query("SELECT secret_generation FROM events WHERE id = '" + concert.event_id() + "'");
}

std::string path_of(const std::string& id) { return "/api/v1/orders/" + id; }

// The same purchase again at every replica: the same order.
void check_repeats(const laboratory& lab, sale& concert, const order_form& form, const std::string& id) {
  for (const auto& replica : lab.replica_urls()) {
    INFO(replica);
    const auto again = send(replica, concert.purchase(form));
    CHECK(again.status() == 202);
    CHECK(again.member("id") == id);
  }
}

}  // namespace

TEST_CASE("The secret is replaced under load: links, codes and repeats stay as they were, and nobody pays twice",
          "[secrets]") {
  const laboratory lab;
  rotation whole(lab);
  const std::string old_secret = lab.secret("secret");
  sale concert(lab, {.capacity = 100000});
  const order_form form{.email = concert.email_of("ada"), .quantity = 2, .key = "kept"};
  const std::string id = concert.buy(form).member("id");
  REQUIRE(eventually([&] { return concert.order(id).member("status") == "confirmed"; }));
  const std::string order = concert.order(id).text();
  CHECK(generation_of(lab, concert) == domain::generation_of(old_secret));

  const auto check_mixed = [&](const steady_load& load) {
    check_repeats(lab, concert, form, id);
    for (const auto& replica : lab.replica_urls()) CHECK(send(replica, get(path_of(id))).text() == order);
    CHECK(load.goes_on());
  };
  sell_under_load(lab, concert, [&](const steady_load& load) {
    for (const auto& seller : sellers) {  // first it is known everywhere
      restart_with(lab, seller, old_secret, new_secret);
      check_mixed(load);
    }
    for (const auto& seller : sellers) {  // then it is in use
      restart_with(lab, seller, new_secret, old_secret);
      check_mixed(load);
    }
  });
  CHECK(lab.count("SELECT count(*) FROM orders WHERE id = '" + id + "'") == 1);

  // What is made from now on is under the new one, and its orders are paid for and read like any other.
  sale later(lab);
  whole.is_made_under_new_secret(later);
  CHECK(generation_of(lab, later) == domain::generation_of(new_secret));
  CHECK(generation_of(lab, concert) == domain::generation_of(old_secret));
  REQUIRE(later.buy().status() == 202);
  CHECK(later.breaches() == "");
  const double charges = lab.metric("payments", "ticketd_sandbox_charges_total");
  check_repeats(lab, concert, form, id);
  CHECK(concert.breaches() == "");
  CHECK(lab.metric("payments", "ticketd_sandbox_charges_total") == charges);
}

TEST_CASE("A replica that has the new secret sells beside those that do not know it", "[secrets]") {
  const laboratory lab;
  rotation half(lab);
  const std::string old_secret = lab.secret("secret");
  sale concert(lab);
  const order_form form{.email = concert.email_of("ada"), .quantity = 1, .key = "kept"};
  const std::string id = concert.buy(form).member("id");
  restart_with(lab, "api-1", new_secret, old_secret);
  check_repeats(lab, concert, form, id);

  // An event of the new replica's: the others pass its buyers on, and the worker takes the replica's word.
  sale other(lab, {.made_at = lab.replica_url(1)});
  half.is_made_under_new_secret(other);
  CHECK(generation_of(lab, other) == domain::generation_of(new_secret));
  CHECK(count_of(other.rush(30, 10), 202) == 30);
  CHECK(other.breaches() == "");
  CHECK(other.outcomes() == std::map<std::string, int>{{"confirmed", 30}});
  CHECK(lab.must({"dead-letters"}).find(other.event_id()) == std::string::npos);
  for (const auto& replica : lab.replica_urls())
    CHECK(eventually([&] { return send(replica, get(path_of(other.ledger().front()))).status() == 200; }));
  CHECK(concert.breaches() == "");
}

TEST_CASE("No log has an order's id, nor a buyer's name or address", "[secrets]") {
  const laboratory lab;
  lab.up({}, {{"TICKETD_LOG_LEVEL", "debug"}});
  sale concert(lab);
  const std::string email = concert.email_of("unmistakable");
  const std::string id = concert.buy({.email = email, .quantity = 1, .key = "k"}).member("id");
  REQUIRE(eventually([&] { return concert.order(id).member("status") == "confirmed"; }));
  // What makes each of them say something: an order's path at Nginx with and without replicas, an order that is
  // nobody's, refusals with the id in them, statements that fail.
  (void)send(lab.public_url(), get(path_of(id) + "?again=" + id));
  (void)send(lab.public_url(), get("/api/v1/orders//" + id));
  (void)send(lab.public_url(), get("/orders/" + id));
  (void)send(lab.public_url(), get("/api/v1/events/" + id));
  (void)send(lab.public_url(), get("/api/v1/%6frders/" + id));
  for (const auto* replica : {"api-1", "api-2", "api-3"}) lab.kill(replica);
  CHECK(send(lab.public_url(), get(path_of(id))).status() == 503);
  for (const auto* replica : {"api-1", "api-2", "api-3"}) lab.start(replica);
  CHECK(
      lab.run(
             {"psql", "-d", "ticketd", "-c",
              "INSERT INTO orders (id, event_id, category_id, quantity, buyer_name, buyer_email, status, total_amount, "
              "total_currency, accepted_at) SELECT id, event_id, category_id, quantity, buyer_name, buyer_email, "
              "status, "
              "total_amount, total_currency, accepted_at FROM orders WHERE event_id = '" +
                  concert.event_id() + "'"})
          .status != 0);

  const auto logs = std::filesystem::path(required_variable("TICKETD_LAB_DIR")) / "logs";
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(eventually([&] { return has(text_of(logs / "nginx-access.log"), "\"path\":\"/api/v1/orders/{order_id}\""); }));
  CHECK(eventually([&] { return has(text_of(logs / "worker-1.log"), id.substr(0, 18)); }));
  CHECK(eventually([&] { return has(text_of(logs / "db.log"), "duplicate key"); }));
  std::string without_dashes = id;
  std::erase(without_dashes, '-');
  for (const auto& log : std::filesystem::directory_iterator(logs)) {
    INFO(log.path());
    const auto text = text_of(log.path());
    for (const auto& never : {id, without_dashes, email, std::string("unmistakable@")}) CHECK_FALSE(has(text, never));
  }
  std::string redis_url = lab.must({"url", "redis"});
  redis_url.erase(redis_url.find('\n'));
  const auto redis = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"redis-cli", "--no-auth-warning", "-u", redis_url};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command, {}).output;
  };
  std::istringstream keys(redis({"--scan"}));
  CHECK(has(keys.str(), "ticketd:"));
  for (std::string key; std::getline(keys, key);) {
    INFO(key);
    CHECK_FALSE(has(key, id));
    CHECK_FALSE(has(redis({"--raw", "get", key}), id));
  }
  const auto order = concert.order(id).json();
  for (const auto& ticket : order.at("tickets").as_array())
    CHECK_FALSE(has(std::string(ticket.at("id").as_string()), id));
  lab.up();
}

TEST_CASE("An address is erased when the sale is over, everywhere, and the audit stays clean", "[secrets]") {
  const laboratory lab;
  lab.up();
  sale concert(lab);
  const std::string email = concert.email_of("erased");
  const auto named = [&] { return lab.count("SELECT count(*) FROM orders WHERE buyer_email = '" + email + "'"); };
  for (int i = 0; i < 3; ++i) REQUIRE(concert.buy({.email = email, .quantity = 1}).status() == 202);
  REQUIRE(concert.buy().status() == 202);
  REQUIRE(concert.settles());
  REQUIRE(named() == 3);
  const auto refused = lab.run({"erase", email});
  CHECK(refused.status == 1);
  CHECK(refused.errors.find("the sale still runs: " + concert.event_id()) != std::string::npos);
  CHECK(named() == 3);

  REQUIRE(concert.plan({.closes_at = "2021-01-01T00:00:00Z"}).status() == 200);
  std::string shouted = email;
  std::ranges::transform(shouted, shouted.begin(), [](unsigned char c) { return std::toupper(c); });
  CHECK(lab.must({"erase", "  " + shouted + " "}).find(email + " is erased from 3 orders") == 0);
  CHECK(named() == 0);
  CHECK(lab.query("SELECT count(*), count(DISTINCT buyer_email), min(buyer_name) FROM orders WHERE event_id = '" +
                  concert.event_id() + "' AND buyer_email LIKE 'erased-%'") == "3|1|erased");
  CHECK(lab.must({"erase", email}).find("is erased from 0 orders") != std::string::npos);
  CHECK(concert.breaches() == "");
  CHECK(lab.run({"audit"}).status == 0);
  for (const auto& id : concert.ledger()) CHECK(concert.order(id).member("status") == "confirmed");

  // Nor in a dead letter.
  const auto message =
      "{\"orders\": [{\"id\": \"no id\", \"event_id\": \"x\", \"buyer\": {\"name\": \"E\", \"email\": \"" + email +
      "\"}}]}";
  const auto sent = run_program({"/usr/bin/python3", test::checkout() + "/tests/support/publish_raw.py", message},
                                {{"TICKETD_AMQP_URL", lab.amqp_url()}});
  REQUIRE(sent.status == 0);
  REQUIRE(eventually([&] { return lab.must({"dead-letters"}).find(email) != std::string::npos; }));
  CHECK(lab.must({"erase", email}).find("erased from 1 dead letters") != std::string::npos);
  CHECK(lab.must({"dead-letters"}).find(email) == std::string::npos);
  CHECK(lab.run({"erase", "nobody"}).status == 2);
}

TEST_CASE("An event's edits are written down with the name of whose token it was", "[secrets]") {
  const laboratory lab;
  // Of the tokens "the-token-of-ada" and "the-token-of-bob".
  lab.up({}, {{"TICKETD_ADMIN_TOKENS",
               "ada:7dac292edbc1f082c8e2f3485f445396480972c0b282d9ecae47688f07754ecc,"
               "bob:14c82be42a0227d2fa226bb66cf042033e52fcfc5e06a8f73a4df3ebfa689890"}});
  sale concert(lab);
  const auto put = [&](const std::string& token, int capacity) {
    return send(lab.public_url(), with_json(http::verb::put, "/api/v1/events/" + concert.event_id(),
                                            event_json({.capacity = capacity}), {{"Authorization", "Bearer " + token}}))
        .status();
  };
  CHECK(put("the-token-of-ada", 500) == 200);
  CHECK(put("the-token-of-ada", 500) == 200);  // changes nothing
  CHECK(put("the-token-of-bob", 600) == 200);
  CHECK(put("the-token-of-eve", 700) == 403);
  CHECK(lab.query("SELECT editor, member, was->'capacity', became->'capacity' FROM event_changes WHERE event_id = '" +
                  concert.event_id() + "' AND was IS NOT NULL ORDER BY edit_no") ==
        "ada|category standing|1000|500\nbob|category standing|500|600");
  CHECK(lab.query("SELECT editor FROM event_edits WHERE was IS NULL AND event_id = '" + concert.event_id() + "'") ==
        "admin");
  lab.up();
}
