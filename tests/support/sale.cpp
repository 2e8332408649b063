#include "support/sale.hpp"

#include "support/eventually.hpp"

#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace ticketd::test {
namespace {

namespace json = boost::json;

// The lab keeps its data from run to run, so an id must not have been there before.
std::string fresh_event_id() {
  static int number = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return "sale-" + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) + "-" +
         std::to_string(getpid()) + "-" + std::to_string(++number);
}

}  // namespace

std::string event_json(const event_plan& plan) {
  const json::object price{{"amount", ticket_price}, {"currency", "TRY"}};
  const json::array categories{
      json::object{{"id", category}, {"name", "Standing"}, {"price", price}, {"capacity", plan.capacity}}};
  return json::serialize(json::object{{"name", "A concert"},
                                      {"venue", "A stadium"},
                                      {"starts_at", "2099-06-01T18:00:00Z"},
                                      {"sale_opens_at", plan.opens_at},
                                      {"sale_closes_at", plan.closes_at},
                                      {"max_per_buyer", plan.max_per_buyer},
                                      {"categories", categories}});
}

sale::sale(const laboratory& lab, const event_plan& plan) : lab_(&lab), event_id_(fresh_event_id()) {
  answer made = this->plan(plan);
  // A replica needs a moment to see that its database is back, and says that the same may be repeated.
  const bool is_decided = eventually([&] {
    if (made.status() == 503) made = this->plan(plan);
    return made.status() != 503;
  });
  if (!is_decided || made.status() / 100 != 2) throw std::runtime_error("the event was not created: " + made.text());
}

answer sale::plan(const event_plan& plan) const {
  const auto url = plan.made_at.empty() ? lab_->public_url() : plan.made_at;
  return send(url, with_json(http::verb::put, "/api/v1/events/" + event_id_, event_json(plan),
                             {{"Authorization", "Bearer " + lab_->secret("admin-token")}}));
}

call sale::purchase(order_form form) {
  if (form.email.empty()) form.email = email_of("buyer-" + std::to_string(++buyers_));
  header_list headers;
  if (!form.key.empty()) headers.emplace_back("Idempotency-Key", form.key);
  if (!form.traceparent.empty()) headers.emplace_back("traceparent", form.traceparent);
  const json::object body{{"event_id", event_id_},
                          {"category_id", category},
                          {"quantity", form.quantity},
                          {"buyer", {{"name", "Ada Lovelace"}, {"email", form.email}}}};
  return with_json(http::verb::post, "/api/v1/orders", json::serialize(body), std::move(headers));
}

std::vector<call> sale::purchases(std::size_t buyers) {
  std::vector<call> calls;
  for (std::size_t i = 0; i < buyers; ++i) calls.push_back(purchase());
  return calls;
}

answer sale::buy(order_form form) { return rush({purchase(std::move(form))}, 1, {lab_->public_url()}).front(); }

std::vector<answer> sale::rush(std::size_t buyers, std::size_t at_once) {
  return rush(purchases(buyers), at_once, {lab_->public_url()});
}

std::vector<answer> sale::rush(std::vector<call> calls, std::size_t at_once, const std::vector<std::string>& urls) {
  auto answers = send_all(urls, std::move(calls), at_once);
  note(answers);
  return answers;
}

void sale::note(const std::vector<answer>& answers) {
  for (const answer& each : answers)
    if (each.status() == 202 || each.status() == 201) ledger_.push_back(each.member("id"));
}

std::string sale::write_ledger() const {
  const auto path = std::filesystem::temp_directory_path() / (event_id_ + ".ledger");
  std::ofstream file(path);
  for (const auto& id : ledger_) file << id << '\n';
  return path.string();
}

answer sale::availability() const {
  return send(lab_->public_url(), get("/api/v1/events/" + event_id_ + "/availability"));
}

int sale::remaining() const {
  const answer said = availability();
  if (said.status() != 200) throw std::runtime_error("no availability: " + said.text());
  return static_cast<int>(said.json().at("categories").at(0).at("remaining").as_int64());
}

bool sale::becomes(const std::string& sale_status) const {
  const auto replicas = lab_->replica_urls();
  return std::all_of(replicas.begin(), replicas.end(), [&](const std::string& replica) {
    return eventually(
        [&] { return send(replica, get("/api/v1/events/" + event_id_)).member("sale_status") == sale_status; });
  });
}

bool sale::do_all_replicas_say(int remaining) const {
  const auto replicas = lab_->replica_urls();
  return std::all_of(replicas.begin(), replicas.end(), [&](const std::string& replica) {
    const answer said = send(replica, get("/api/v1/events/" + event_id_ + "/availability"));
    return said.status() == 200 && said.json().at("categories").at(0).at("remaining") == remaining;
  });
}

answer sale::order(const std::string& id) const { return send(lab_->public_url(), get("/api/v1/orders/" + id)); }

std::map<std::string, int> sale::outcomes() const {
  std::istringstream rows(lab_->query("SELECT concat_ws(' ', status, reason), count(*) FROM orders WHERE event_id = '" +
                                      event_id_ + "' GROUP BY 1"));
  std::map<std::string, int> counts;
  for (std::string row; std::getline(rows, row);)
    counts[row.substr(0, row.find('|'))] = std::stoi(row.substr(row.find('|') + 1));
  return counts;
}

int sale::rows() const { return lab_->count("SELECT count(*) FROM orders WHERE event_id = '" + event_id_ + "'"); }

bool sale::settles(std::chrono::seconds within) const {
  const auto accepted = std::set<std::string>(ledger_.begin(), ledger_.end()).size();
  return eventually(
      [&] {
        return lab_->count("SELECT count(*) FROM orders WHERE status <> 'reserved' AND event_id = '" + event_id_ +
                           "'") >= static_cast<int>(accepted);
      },
      within);
}

std::string sale::breaches() const {
  if (!settles()) return "accepted orders are not settled";
  const std::string ledger = write_ledger();
  const auto audit = lab_->run({"audit", ledger});
  std::filesystem::remove(ledger);
  return audit.status == 0 ? std::string() : audit.output + audit.errors;
}

}  // namespace ticketd::test
