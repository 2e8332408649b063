#include "support/steady_load.hpp"

#include "support/eventually.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/async/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <ostream>
#include <sstream>

namespace ticketd::test {
namespace {

using namespace std::chrono_literals;

// Between two rounds of a buyer: enough to keep every replica busy, and to leave the machine to what is tested.
constexpr auto pause_of_a_buyer = 15ms;

constexpr int no_answer = 0;

bool is_sold(const answer& to_purchase) { return to_purchase.status() == 202 || to_purchase.status() == 201; }
bool is_read(const answer& to_read) { return to_read.status() == 200; }

void add_others(bool (*is_good)(const answer&), const std::vector<answer>& answers, std::ostream& out) {
  for (const answer& each : answers)
    if (!is_good(each) && each.status() != no_answer) out << each << '\n';
}

}  // namespace

steady_load::steady_load(const laboratory& lab, sale& of, load_plan plan)
    : sale_(&of), plan_(plan), rounds_(plan.buyers), thread_([this, url = lab.public_url()] { run(url); }) {}

steady_load::~steady_load() {
  is_over_ = true;
  if (thread_.joinable()) thread_.join();
}

bool steady_load::goes_on(std::size_t rounds) const {
  const std::vector<std::size_t> before(rounds_.begin(), rounds_.end());
  return eventually([&] {
    return std::equal(rounds_.begin(), rounds_.end(), before.begin(),
                      [&](std::size_t now, std::size_t then) { return now >= then + rounds; });
  });
}

void steady_load::stop() {
  is_over_ = true;
  thread_.join();
  sale_->note(purchases_);
}

std::string steady_load::errors() const {
  std::ostringstream lines;
  add_others(is_sold, purchases_, lines);
  add_others(is_read, reads_, lines);
  return lines.str();
}

std::size_t steady_load::unanswered() const {
  return static_cast<std::size_t>(count_of(purchases_, no_answer) + count_of(reads_, no_answer));
}

void steady_load::run(const std::string& url) {
  asio::io_context io(1);
  const auto server = http::make_client(io.get_executor(), {.url = url, .connections = rounds_.size()});
  for (auto& rounds : rounds_) async::spawn(io.get_executor(), "buy_and_look", buy_and_look(*server, rounds));
  io.run();
}

awaitable<> steady_load::buy_and_look(http::client& server, std::atomic<std::size_t>& rounds) {
  const auto executor = co_await asio::this_coro::executor;
  while (!is_over_) {
    http::request purchase = to_request(sale_->purchase());
    const answer bought(co_await server.send(std::move(purchase), deadline_in(time_limit)));
    purchases_.push_back(bought);

    co_await look(server, "/api/v1/events/" + sale_->event_id() + "/availability");
    const bool has_order = is_sold(bought);
    if (plan_.asks_for_orders && has_order) co_await look(server, "/api/v1/orders/" + bought.member("id"));

    ++rounds;
    co_await async::pause(executor, pause_of_a_buyer);
  }
}

awaitable<> steady_load::look(http::client& server, std::string target) {
  http::request question = to_request(get(std::move(target)));
  reads_.emplace_back(co_await server.send(std::move(question), deadline_in(time_limit)));
}

}  // namespace ticketd::test
