// An event of a test's own with one category, its buyers, and the ledger of what was accepted from them.
#pragma once

#include "support/http_calls.hpp"
#include "support/laboratory.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace ticketd::test {

struct event_plan {
  int capacity = 1000;
  int max_per_buyer = 10;
  std::string opens_at = "2020-01-01T00:00:00Z";
  std::string closes_at = "2099-01-01T00:00:00Z";
  std::string made_at = {};  // the replica's url; "": wherever Nginx leads
};

// 600 lira a ticket.
constexpr int ticket_price = 60000;
inline const std::string category = "standing";

[[nodiscard]] std::string event_json(const event_plan& plan);

// One order, as a buyer sends it.
struct order_form {
  std::string email;  // "": a buyer of its own
  int quantity = 1;
  std::string key = {};  // "": no Idempotency-Key
  std::string traceparent = {};
};

class sale {
 public:
  explicit sale(const laboratory& lab, const event_plan& plan = {});

  [[nodiscard]] const std::string& event_id() const { return event_id_; }
  // Replaces the event.
  [[nodiscard]] answer plan(const event_plan& plan) const;

  // A buyer of this sale alone: a buyer's Idempotency-Key is one order, whatever the event.
  [[nodiscard]] std::string email_of(const std::string& buyer) const { return buyer + "@" + event_id_ + ".example"; }

  [[nodiscard]] call purchase(order_form form = {});
  [[nodiscard]] std::vector<call> purchases(std::size_t buyers);

  // Through Nginx. What is accepted goes to the ledger.
  answer buy(order_form form = {});
  // So many buyers of one ticket each.
  std::vector<answer> rush(std::size_t buyers, std::size_t at_once);
  std::vector<answer> rush(std::vector<call> calls, std::size_t at_once, const std::vector<std::string>& urls);
  void note(const std::vector<answer>& answers);

  [[nodiscard]] const std::vector<std::string>& ledger() const { return ledger_; }
  // The ledger's orders without repeats, written where `lab audit` can read it.
  [[nodiscard]] std::string write_ledger() const;

  // What a buyer sees of it through Nginx.
  [[nodiscard]] answer availability() const;
  [[nodiscard]] int remaining() const;
  // Waits until every one of three replicas says that the sale is `on_sale`, `sold_out` ...; false if they do not.
  [[nodiscard]] bool becomes(const std::string& sale_status) const;
  // Whether every one of three replicas says now that so many tickets remain.
  [[nodiscard]] bool do_all_replicas_say(int remaining) const;
  [[nodiscard]] answer order(const std::string& id) const;

  // Settled orders by what became of them, as the database has it: {"confirmed": 3, "rejected sold_out": 1}.
  [[nodiscard]] std::map<std::string, int> outcomes() const;
  [[nodiscard]] int rows() const;
  // Waits until every order of the ledger is final. False if that takes too long.
  [[nodiscard]] bool settles(std::chrono::seconds within = std::chrono::seconds(60)) const;
  // What the audit finds wrong, after waiting; "" if nothing.
  [[nodiscard]] std::string breaches() const;

 private:
  const laboratory* lab_;
  std::string event_id_;
  std::size_t buyers_ = 0;
  std::vector<std::string> ledger_;
};

}  // namespace ticketd::test
