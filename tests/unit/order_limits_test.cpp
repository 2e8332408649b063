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

TEST_CASE("a name that nobody can see is none") {
  for (const auto* text : {"Ada", " \u200bAda", "\u0130", "\u0131", "\u00e9", "\u5c71\u7530",
                           "\u0645\u062d\u0645\u062f", "-", "\U0001f3ab", "e\u0301"})
    CHECK(is_visible_text(text));
  for (const auto* text :
       {"", " ", "\u00a0", "\u00ad", "\u2003 \u3000", "\u200b\u200c\u200d", "\ufeff", "\u2060", "\u202e\u202c",
        "\u3164", "\u115f", "\u2800", "\u180e", "\ufe0f", "\u0085", "\u2028", "\U000e0041", "\U000e0100", "\xff"})
    CHECK_FALSE(is_visible_text(text));
}

TEST_CASE("an email address is what mail systems really use") {
  for (const auto& text : {std::string("a@b"), std::string("ada.l+tickets@mail.example.com"),
                           std::string(64, 'a') + "@" + std::string(189, 'b')})
    CHECK(fault_of_email(text).empty());
  for (const auto& text :
       {std::string(), std::string("ada"), std::string("@b"), std::string("a@"), std::string("a@.b"),
        std::string("a@b."), std::string("a@b..c"), std::string("a@b@c"), std::string("a b@c"), std::string("a,b@c"),
        std::string("\"a\"@c"), std::string("<a@c>"), std::string("a\x80@c"), std::string("a\n@c"),
        std::string(65, 'a') + "@b", std::string("a@") + std::string(253, 'b')})
    CHECK_FALSE(fault_of_email(text).empty());
}

TEST_CASE("a local part beyond ASCII is one, and what nobody can see is not") {
  for (const auto* text : {"\u0131\u015f\u0131k@example.com", "\u7528\u6237@example.com", "\u0130@example.com"})
    CHECK(fault_of_email(text).empty());
  for (const auto* text : {"a\u200b@example.com", "a\u00a0b@example.com", "a\u202e@example.com", "a@\u00f6rnek.com"})
    CHECK_FALSE(fault_of_email(text).empty());
}

TEST_CASE("an address that is none is refused with the reason") {
  CHECK(fault_of_email("a@b").empty());
  CHECK(fault_of_email("") == "it is empty");
  CHECK(fault_of_email("ada") == "it has no @");
  CHECK(fault_of_email("@b") == "nothing stands before the @");
  CHECK(fault_of_email("a@b@c") == "it has more than one @");
  CHECK(fault_of_email("a b@c") == "before the @ stands a character that no address has");
  CHECK(fault_of_email("a@b c") == "behind the @ stands a character that no domain has");
  CHECK(fault_of_email("a@b..c") == "what stands behind the @ is no domain");
  CHECK(fault_of_email(std::string(65, 'a') + "@b") == "more than 64 bytes stand before the @");
  CHECK(fault_of_email("a@" + std::string(253, 'b')) == "it has more than 254 bytes");
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
