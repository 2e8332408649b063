#include "ticketd/domain/order_limits.hpp"
#include "support/catch2.hpp"

#include <string>

using namespace ticketd::domain;

TEST_CASE("a buyer's name is up to 200 bytes of text that somebody could read out") {
  CHECK(is_plain_text("Ada", buyer_name_bytes_max));
  CHECK(is_plain_text("\u0130brahim \u00c7al\u0131k", buyer_name_bytes_max));
  CHECK(is_plain_text(std::string(200, 'a'), buyer_name_bytes_max));
  for (const auto& text : {std::string(), std::string("  "), std::string(201, 'a'), std::string("a\nb"),
                           std::string("a\0b", 3), std::string("a\x7f"), std::string("a\xff"), std::string("a\xc3"),
                           std::string("a\xed\xa0\x80"), std::string("a\xc0\x80")})
    CHECK_FALSE(is_plain_text(text, buyer_name_bytes_max));
}

TEST_CASE("an email address is what mail systems really use") {
  for (const auto& text : {std::string("a@b"), std::string("ada.l+tickets@mail.example.com"),
                           std::string(64, 'a') + "@" + std::string(189, 'b')})
    CHECK(is_email(text));
  for (const auto& text :
       {std::string(), std::string("ada"), std::string("@b"), std::string("a@"), std::string("a@.b"),
        std::string("a@b."), std::string("a@b..c"), std::string("a@b@c"), std::string("a b@c"), std::string("a,b@c"),
        std::string("\"a\"@c"), std::string("<a@c>"), std::string("a\x80@c"), std::string("a\n@c"),
        std::string(65, 'a') + "@b", std::string("a@") + std::string(253, 'b')})
    CHECK_FALSE(is_email(text));
}

TEST_CASE("an Idempotency-Key is 1 to 255 visible ASCII characters") {
  CHECK(is_idempotency_key("!"));
  CHECK(is_idempotency_key(std::string(255, '~')));
  for (const auto& text : {std::string(), std::string(256, 'k'), std::string("a b"), std::string("a\t"),
                           std::string("\x7f"), std::string("\xc3\xa9")})
    CHECK_FALSE(is_idempotency_key(text));
}

TEST_CASE("a payment method is a word that can stand in any form") {
  CHECK(is_payment_method("pm_card_visa"));
  CHECK(is_payment_method(std::string(64, 'a')));
  for (const auto& text : {std::string(), std::string(65, 'a'), std::string("pm-card"), std::string("pm card"),
                           std::string("pm\0", 3), std::string("pm&amount=1"), std::string("\xc3\xa2")})
    CHECK_FALSE(is_payment_method(text));
}
