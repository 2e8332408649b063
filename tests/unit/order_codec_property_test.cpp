// Random orders, hostile bytes included, through the encoder and both decoders: today's, and that of a worker of
// before.
#include "messaging/order_codec.hpp"
#include "support/catch2.hpp"
#include "support/order_members.hpp"
#include "support/random_seed.hpp"
#include "support/version_1_worker.hpp"
#include "ticketd/domain/event.hpp"
#include "ticketd/domain/order_limits.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace ticketd;
using domain::accepted_order;

namespace {

class random_orders {
 public:
  explicit random_orders(unsigned seed) : engine_(seed) {}

  int up_to(int most) { return std::uniform_int_distribution<int>(0, most)(engine_); }
  bool chance(int percent) { return up_to(99) < percent; }

  accepted_order next() {
    accepted_order order;
    domain::order_id::bytes id{};
    for (auto& byte : id) byte = static_cast<std::uint8_t>(up_to(255));
    order.id = domain::order_id(id);
    order.event_id = chance(95) ? "event-" + std::to_string(up_to(999)) : hostile_text();
    order.category_id = chance(95) ? "standing" : hostile_text();
    order.quantity = chance(95) ? 1 + up_to(9) : up_to(2'000'000) - 1'000'000;
    order.buyer.name = chance(50) ? honest_name() : hostile_text();
    order.buyer.email = chance(90) ? "buyer" + std::to_string(up_to(9999)) + "@example.com" : hostile_text();
    order.accepted_at = some_time();
    if (chance(50)) order.traceparent = chance(50) ? honest_trace() : hostile_text();
    if (chance(80)) order.terms = some_terms();
    if (chance(30)) order.payment_method = chance(80) ? "pm_card_visa" : hostile_text();
    return order;
  }

 private:
  std::string honest_name() {
    static const std::vector<std::string> pieces{"Ada", "Gr\303\242ce", "\xf0\x9f\x8e\xab", "O'Hopper", "\"\\\"",
                                                 " ",   "]}",           "{\"id\""};
    std::string name = "A";
    for (int i = up_to(6); i > 0; --i)
      name += pieces[static_cast<std::size_t>(up_to(static_cast<int>(pieces.size()) - 1))];
    return name;
  }
  std::string hostile_text() {
    static constexpr std::string_view favourites("\"\\{}[],:\0\n\x7f\x80\xc0\xed\xf5\xff", 16);
    std::string text;
    for (int i = up_to(40); i > 0; --i)
      text += chance(50) ? favourites[static_cast<std::size_t>(up_to(15))] : static_cast<char>(up_to(255));
    return text;
  }
  std::string honest_trace() {
    return std::string(chance(50) ? "00" : "01") + "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  }
  domain::timestamp some_time() {
    return domain::timestamp(
        std::chrono::microseconds(std::int64_t{1'000'000} * up_to(2'000'000'000) + up_to(999'999)));
  }
  domain::sale_terms some_terms() {
    const money price{chance(90) ? up_to(1'000'000) : -1, chance(95) ? "TRY" : hostile_text()};
    return {price, {some_time(), some_time()}, chance(95) ? 1 + up_to(99) : 0};
  }
  using money = domain::money;

  std::mt19937 engine_;
};

bool is_quantity_good(const accepted_order& order) {
  return order.quantity >= 1 && order.quantity <= domain::order_quantity_max;
}

bool is_settleable_by_version_1(const accepted_order& order) {
  return domain::is_slug(order.event_id) && domain::is_slug(order.category_id) && is_quantity_good(order) &&
         domain::is_plain_text(order.buyer.name, domain::buyer_name_bytes_max) &&
         domain::is_plain_text(order.buyer.email, domain::email_bytes_max) &&
         domain::canonical_email(order.buyer.email) == order.buyer.email;
}

bool are_terms_good(const accepted_order& order) {
  return !order.terms || (order.terms->price.amount >= 0 && domain::is_currency(order.terms->price.currency) &&
                          order.terms->max_per_buyer >= 1);
}

bool is_settleable(const accepted_order& order) {
  return is_settleable_by_version_1(order) && are_terms_good(order) &&
         (order.payment_method.empty() || domain::is_payment_method(order.payment_method));
}

const accepted_order* find(const std::vector<accepted_order>& orders, const domain::order_id& id) {
  const auto found = std::ranges::find(orders, id, &accepted_order::id);
  return found == orders.end() ? nullptr : &*found;
}

void check_what_version_1_has(const accepted_order& read, const accepted_order& sent) {
  test::check_version_1_members(read, sent);
  CHECK(read.traceparent == observability::forwarded_traceparent(sent.traceparent));
}

std::string encode(const std::vector<accepted_order>& orders) {
  messaging::order_encoder encoder;
  for (const auto& order : orders) encoder.add(order);
  return encoder.take();
}

}  // namespace

TEST_CASE("whatever an order holds, it costs no other order its place", "[messaging][property]") {
  const auto seed = test::random_seed();
  INFO("TICKETD_TEST_SEED=" << seed);
  random_orders random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<accepted_order> sent;
    for (int i = random.up_to(19); i >= 0; --i) sent.push_back(random.next());
    const auto body = encode(sent);

    boost::system::error_code error;
    const auto strict = boost::json::parse(body, error);
    REQUIRE_FALSE(error);
    REQUIRE(strict.at("orders").as_array().size() == sent.size());

    const auto today = std::get<messaging::decoded_message>(messaging::decode_message(body, domain::now()));
    REQUIRE(today.orders.size() + today.malformed.size() == sent.size());
    const auto before = test::version_1::read(body);
    REQUIRE(before.orders.size() + before.malformed == sent.size());
    for (const auto& order : sent) {
      const auto* read = find(today.orders, order.id);
      if (is_settleable(order)) {
        REQUIRE(read);
        check_what_version_1_has(*read, order);
        CHECK(read->terms == order.terms);
        CHECK(read->payment_method == order.payment_method);
      }
      // No text that the encoder mends makes a number or a price good.
      if (!is_quantity_good(order) || !are_terms_good(order)) CHECK_FALSE(read);
      const auto* read_before = find(before.orders, order.id);
      if (is_settleable_by_version_1(order)) {
        REQUIRE(read_before);
        check_what_version_1_has(*read_before, order);
      }
      if (!is_quantity_good(order)) CHECK_FALSE(read_before);
    }
  }
}

TEST_CASE("bytes that break a message never cost the decoder more than the message", "[messaging][property]") {
  const auto seed = test::random_seed();
  INFO("TICKETD_TEST_SEED=" << seed);
  random_orders random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::vector<accepted_order> sent;
    for (int i = random.up_to(4); i >= 0; --i) sent.push_back(random.next());
    auto body = encode(sent);
    for (int i = random.up_to(3); i >= 0; --i)
      body[static_cast<std::size_t>(random.up_to(static_cast<int>(body.size()) - 1))] =
          static_cast<char>(random.up_to(255));
    const auto read = messaging::decode_message(body, domain::now());
    if (const auto* message = std::get_if<messaging::decoded_message>(&read))
      CHECK_FALSE((message->orders.empty() && message->malformed.empty()));
  }
}
