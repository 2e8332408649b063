// The sandbox provider's rules: forms, outcomes, and what its ledger counts.
#include "sandbox/form.hpp"
#include "sandbox/ledger.hpp"
#include "sandbox/outcome.hpp"
#include "sandbox/payment_methods.hpp"
#include "support/catch2.hpp"
#include "ticketd/config/settings.hpp"

#include <chrono>
#include <string>

using namespace ticketd::sandbox;

TEST_CASE("form: names and values are decoded") {
  const auto fields =
      parse_form("amount=600000&metadata%5Border_id%5D=a%26b%3D%2b+c&types[]=card&empty=&alone&%C3%A4=1");
  REQUIRE(fields.has_value());
  CHECK(fields->at("amount") == "600000");
  CHECK(fields->at("metadata[order_id]") == "a&b=+ c");
  CHECK(fields->at("types[]") == "card");
  CHECK(fields->at("empty").empty());
  CHECK(fields->at("alone").empty());
  CHECK(fields->at("\xc3\xa4") == "1");
  CHECK(parse_form("a=1&a=2")->at("a") == "2");
  CHECK(parse_form("")->empty());
  CHECK(parse_form("&&")->empty());
  for (const auto* bad : {"a=%", "a=%2", "a=%zz", "a=% 1", "a=b c", "{\"a\": 1}", "a=\n", "a=\x80"})
    CHECK_FALSE(parse_form(bad));
}

TEST_CASE("outcome: a function of the key, at about the rate asked for") {
  int declined = 0;
  constexpr int keys = 10'000;
  for (int i = 0; i < keys; ++i) {
    const std::string key = "order-" + std::to_string(i);
    CHECK_FALSE(is_declined(key, 0));
    if (!is_declined(key, 1)) FAIL("a rate of 1 declines every charge");
    if (is_declined(key, 0.2)) {
      ++declined;
      if (!is_declined(key, 0.3)) FAIL("a higher rate declines what a lower one does");
    }
  }
  CHECK(declined > keys * 0.18);
  CHECK(declined < keys * 0.22);
  // Pinned: another release of the sandbox must not change its mind about a key.
  CHECK(intent_id::of_key("order-1").to_string() == "pi_3a60ed9ea886c059553cf0f32deca553");
  CHECK_FALSE(intent_id::of_key("order-1") == intent_id::of_key("order-2"));
}

TEST_CASE("payment methods: one of them is slow, and still in time") {
  CHECK(is_payment_method("pm_card_slow"));
  CHECK(refusal_of("pm_card_slow") == nullptr);
  CHECK(slowness_of("pm_card_slow") > std::chrono::seconds(1));
  CHECK(slowness_of("pm_card_slow") < ticketd::config::settings{}.charge_timeout / 2);
  for (const auto* other : {"pm_card_visa", "pm_card_chargeDeclined", "pm_card_slower", ""})
    CHECK(slowness_of(other) == std::chrono::milliseconds(0));
}

TEST_CASE("intent id: known again, and one that was made up is not") {
  const auto id = intent_id::of_key("order-1");
  const std::string text = id.to_string();
  CHECK(text.size() == 35);
  CHECK(intent_id::parse(text) == id);
  std::string forged = text;
  forged[5] = forged[5] == '0' ? '1' : '0';
  CHECK_FALSE(intent_id::parse(forged));
  for (const auto* bad : {"", "pi_", "pi_00000000000000000000000000000000", "xx_0", "pi_zz"})
    CHECK_FALSE(intent_id::parse(bad));
}

TEST_CASE("ledger: a repeat is one charge, with the same answer") {
  ledger book(0, 10);
  const ledger::charge asked{600, "try", 1};
  CHECK(book.make_charge("k", asked) == charge_outcome::charged);
  CHECK(book.make_charge("k", asked) == charge_outcome::charged);
  CHECK(book.make_charge("k", {600, "try", 2}) == charge_outcome::other_parameters);
  CHECK(book.counts().charges == 1);
  CHECK(book.counts().repeats == 1);
  CHECK(book.counts().amount_charged == 600);

  ledger strict(1, 10);
  CHECK(strict.make_charge("k", asked) == charge_outcome::declined);
  CHECK(strict.make_charge("k", asked) == charge_outcome::declined);
  CHECK(strict.counts().declines == 1);
  CHECK(strict.counts().charges == 0);
  CHECK(strict.make_refund(intent_id::of_key("k"), "r") == refund_outcome::not_charged);
}

TEST_CASE("ledger: a refund is made once") {
  ledger book(0, 10);
  CHECK(book.make_charge("k", {600, "try", 1}) == charge_outcome::charged);
  const auto id = intent_id::of_key("k");
  CHECK(book.make_refund(id, "refund-k") == refund_outcome::refunded);
  CHECK(book.make_refund(id, "refund-k") == refund_outcome::refunded);
  CHECK(book.make_refund(id, "another") == refund_outcome::already_refunded);
  CHECK(book.counts().refunds == 1);
  CHECK(book.counts().amount_refunded == 600);
}

TEST_CASE("ledger: the oldest are forgotten, and can still be refunded") {
  ledger book(0, 2);
  for (const auto* key : {"a", "b", "c"}) CHECK(book.make_charge(key, {1, "try", 1}) == charge_outcome::charged);
  CHECK(book.find(intent_id::of_key("a")) == nullptr);
  CHECK(book.find(intent_id::of_key("c")) != nullptr);
  CHECK(book.make_refund(intent_id::of_key("a"), "r") == refund_outcome::refunded);
  CHECK(book.find(intent_id::of_key("b")) == nullptr);
}
