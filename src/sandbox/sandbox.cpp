#include "ticketd/sandbox/sandbox.hpp"

#include "sandbox/form.hpp"
#include "sandbox/ledger.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/stripe_answers.hpp"
#include "ticketd/async/pause.hpp"
#include "ticketd/http/router.hpp"
#include "ticketd/observability/log.hpp"
#include "ticketd/observability/trace_context.hpp"
#include "ticketd/text/parse_number.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <utility>

namespace ticketd::sandbox {
namespace {

using http::verb;

std::string_view value_of(const form& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : found->second;
}

// 0 for anything that is not a positive number.
std::int64_t parse_amount(std::string_view text) {
  return std::max<std::int64_t>(text::parse_number<std::int64_t>(text).value_or(0), 0);
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

std::uint64_t digest_of(const form& fields) {
  std::string whole;
  for (const auto& [name, value] : fields) whole.append(name).append(1, '\0').append(value).append(1, '\0');
  return std::hash<std::string>()(whole);
}

form parse_query(const http::request& request) { return parse_form(http::query_of(request)).value_or(form()); }

// metadata['order_id']:'...', in either kind of quotes.
std::optional<std::string> order_searched_for(std::string_view query) {
  std::string text(query);
  std::ranges::replace(text, '"', '\'');
  constexpr std::string_view start = "metadata['order_id']:'";
  if (text.size() < start.size() + 2 || !text.starts_with(start) || !text.ends_with('\'')) return std::nullopt;
  return text.substr(start.size(), text.size() - start.size() - 1);
}

bool has_credentials(const http::request& request) {
  const std::string_view value = request[http::field::authorization];
  constexpr std::string_view scheme = "Bearer ";
  return value.starts_with(scheme) && value.size() > scheme.size();
}

ledger::charge charge_asked_for(const form& fields) {
  ledger::charge asked;
  asked.amount = parse_amount(value_of(fields, "amount"));
  asked.currency = value_of(fields, "currency");
  asked.parameters = digest_of(fields);
  asked.refusal = refusal_of(value_of(fields, "payment_method"));
  asked.order = value_of(fields, "metadata[order_id]");
  return asked;
}

std::optional<http::response> objection_to(const ledger::charge& asked, const form& fields) {
  if (asked.amount == 0) return refuse_parameter("amount", "Invalid positive integer.");
  if (!is_currency(asked.currency)) return refuse_parameter("currency", "Invalid currency.");
  if (value_of(fields, "confirm") != "true") return refuse_parameter("confirm", "The sandbox only knows true.");
  const std::string_view method = value_of(fields, "payment_method");
  if (method.empty()) return refuse_parameter("payment_method", "Missing.");
  if (!is_payment_method(method)) return refuse_payment_method(method);
  return std::nullopt;
}

class stripe_sandbox final : public provider {
 public:
  stripe_sandbox(const asio::any_io_executor& executor, sandbox_settings settings)
      : executor_(executor), settings_(settings), ledger_(settings.decline_rate, settings.intents_max) {}

  [[nodiscard]] awaitable<http::response> handle(http::request&& request) override;
  [[nodiscard]] std::string metrics_text() const override;

 private:
  // What goes wrong with a call: drawn anew at each try, unlike the charge's outcome.
  enum class mishap { none, error_before, error_after, silence };

  awaitable<http::response> post_intent(const http::request&, http::path_parameter);
  awaitable<http::response> list_intents(const http::request&, http::path_parameter);
  awaitable<http::response> search_intents(const http::request&, http::path_parameter);
  awaitable<http::response> get_refund(const http::request&, http::path_parameter id);
  awaitable<http::response> get_intent(const http::request&, http::path_parameter id);
  awaitable<http::response> post_refund(const http::request&, http::path_parameter);

  [[nodiscard]] awaitable<http::response> perform(std::function<http::response()> act);
  [[nodiscard]] http::response charge(const ledger::charge& asked, std::string_view key);
  [[nodiscard]] http::response refund(const intent_id& id, std::string_view key);
  [[nodiscard]] std::string_view refund_status() const;
  [[nodiscard]] std::optional<http::response> refuse_by_mood() const;
  [[nodiscard]] mishap draw_mishap();
  [[nodiscard]] std::string key_of(const http::request& request);
  [[nodiscard]] awaitable<> wait_a_while();

  static const http::endpoint<stripe_sandbox> endpoints[6];

  asio::any_io_executor executor_;
  sandbox_settings settings_;
  ledger ledger_;
  std::mt19937_64 chance_{std::random_device{}()};
  std::uint64_t errors_ = 0;
  std::uint64_t silences_ = 0;
};

// clang-format off
constexpr http::endpoint<stripe_sandbox> stripe_sandbox::endpoints[] = {
    {verb::post, "/v1/payment_intents",        &stripe_sandbox::post_intent},
    {verb::get,  "/v1/payment_intents",        &stripe_sandbox::list_intents},
    {verb::get,  "/v1/payment_intents/search", &stripe_sandbox::search_intents},
    {verb::get,  "/v1/payment_intents/{id}",   &stripe_sandbox::get_intent},
    {verb::post, "/v1/refunds",                &stripe_sandbox::post_refund},
    {verb::get,  "/v1/refunds/{id}",           &stripe_sandbox::get_refund},
};
// clang-format on

awaitable<http::response> stripe_sandbox::handle(http::request&& request) {
  const http::request received = std::move(request);
  if (!has_credentials(received)) co_return refuse_credentials();
  if (auto refusal = refuse_by_mood()) {
    co_await wait_a_while();
    co_return std::move(*refusal);
  }
  if (settings_.mood == mood::silent && received.method() == verb::get) co_return http::make_silence();
  co_return co_await http::route<stripe_sandbox>(endpoints, *this, received);
}

awaitable<http::response> stripe_sandbox::post_intent(const http::request& request, http::path_parameter) {
  const auto fields = parse_form(request.body());
  if (!fields) co_return refuse_parameter("", "The body is not a form.");
  ledger::charge asked = charge_asked_for(*fields);
  if (auto objection = objection_to(asked, *fields)) co_return std::move(*objection);
  if (settings_.mood == mood::invalid_request) co_return refuse_parameter("confirm", "Unknown, on purpose.");
  asked.created = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string key = key_of(request);
  const auto slowness = slowness_of(value_of(*fields, "payment_method"));
  if (slowness.count() > 0) co_await async::pause(executor_, slowness);
  http::response answer = co_await perform([&] { return charge(asked, key); });
  // The buyer's trace ends here. ticketd's key is the order's id.
  const std::string traceparent(request["traceparent"]);
  if (observability::parse_traceparent(traceparent))
    observability::log_order("payment.asked", key, traceparent, {{"status", answer.result_int()}});
  co_return answer;
}

awaitable<http::response> stripe_sandbox::get_intent(const http::request&, http::path_parameter text) {
  co_await wait_a_while();
  const auto id = intent_id::parse(text);
  const intent* known = id ? ledger_.find(*id) : nullptr;
  if (!known) co_return refuse_unknown(text);
  co_return answer_intent(*id, *known);
}

awaitable<http::response> stripe_sandbox::list_intents(const http::request& request, http::path_parameter) {
  co_await wait_a_while();
  const auto query = parse_query(request);
  const auto limit = parse_amount(value_of(query, "limit"));
  const auto since = parse_amount(value_of(query, "created[gte]"));
  const std::size_t most = limit == 0 ? 10 : static_cast<std::size_t>(std::min<std::int64_t>(limit, 100));
  const auto found = ledger_.list(most + 1, since, intent_id::parse(value_of(query, "starting_after")), "");
  co_return answer_intents(std::span(found).first(std::min(most, found.size())), found.size() > most);
}

awaitable<http::response> stripe_sandbox::search_intents(const http::request& request, http::path_parameter) {
  co_await wait_a_while();
  const auto order = order_searched_for(value_of(parse_query(request), "query"));
  if (!order) co_return refuse_parameter("query", "The sandbox only knows metadata['order_id']:'...'.");
  const auto found = ledger_.list(10, 0, std::nullopt, *order);
  co_return answer_intents(found, false);
}

// In its time it is made, but not as long as refunds are pending.
awaitable<http::response> stripe_sandbox::get_refund(const http::request&, http::path_parameter id) {
  co_await wait_a_while();
  if (!is_refund_id(id)) co_return refuse_unknown(id);
  co_return answer_refund(id, refund_status(), nullptr);
}

awaitable<http::response> stripe_sandbox::post_refund(const http::request& request, http::path_parameter) {
  const auto fields = parse_form(request.body());
  if (!fields) co_return refuse_parameter("", "The body is not a form.");
  const std::string_view text = value_of(*fields, "payment_intent");
  const auto id = intent_id::parse(text);
  if (!id) co_return refuse_unknown(text);
  if (settings_.mood == mood::refunds_refused) co_return refuse_intent("", "No refunds, on purpose.");
  const std::string key = key_of(request);
  co_return co_await perform([&] { return refund(*id, key); });
}

// In its time, and with its mishaps: does it or not, and says so or not.
awaitable<http::response> stripe_sandbox::perform(std::function<http::response()> act) {
  const mishap fate = draw_mishap();
  co_await wait_a_while();
  if (fate == mishap::error_before) co_return fail();
  http::response answer = act();
  if (fate == mishap::error_after) co_return fail();
  if (fate == mishap::silence) co_return http::make_silence();
  co_return answer;
}

http::response stripe_sandbox::charge(const ledger::charge& asked, std::string_view key) {
  const charge_outcome outcome = ledger_.make_charge(key, asked);
  if (outcome == charge_outcome::other_parameters || settings_.mood == mood::key_taken) return refuse_reused_key(key);
  const intent_id id = intent_id::of_key(key);
  const intent& made = *ledger_.find(id);
  return outcome == charge_outcome::charged ? answer_intent(id, made) : refuse_card(id, made);
}

http::response stripe_sandbox::refund(const intent_id& id, std::string_view key) {
  switch (ledger_.make_refund(id, key)) {
    case refund_outcome::refunded:
      return answer_refund(refund_id_of_key(key), refund_status(), &id);
    case refund_outcome::already_refunded:
      return refuse_intent("charge_already_refunded", "The charge has already been refunded.");
    case refund_outcome::not_charged:
      break;
  }
  return refuse_intent("", "The intent has no successful charge to refund.");
}

std::string_view stripe_sandbox::refund_status() const {
  return settings_.mood == mood::refunds_pending ? "pending" : "succeeded";
}

std::optional<http::response> stripe_sandbox::refuse_by_mood() const {
  switch (settings_.mood) {
    case mood::unauthorized:
      return refuse_credentials();
    case mood::forbidden:
      return refuse_permission();
    case mood::too_many_requests:
      return refuse_haste();
    case mood::unavailable:
      return refuse_service();
    case mood::well:
    case mood::invalid_request:
    case mood::silent:
    case mood::key_taken:
    case mood::refunds_refused:
    case mood::refunds_pending:
      break;
  }
  return std::nullopt;
}

stripe_sandbox::mishap stripe_sandbox::draw_mishap() {
  const double drawn = std::uniform_real_distribution<double>(0, 1)(chance_);
  if (drawn < settings_.error_rate) {
    ++errors_;
    return drawn < settings_.error_rate / 2 ? mishap::error_before : mishap::error_after;
  }
  if (settings_.mood == mood::silent || std::bernoulli_distribution(settings_.hang_rate)(chance_)) {
    ++silences_;
    return mishap::silence;
  }
  return mishap::none;
}

// A call without an Idempotency-Key is a charge of its own each time.
std::string stripe_sandbox::key_of(const http::request& request) {
  const std::string_view given = request["Idempotency-Key"];
  if (!given.empty()) return std::string(given);
  return "drawn-" + std::to_string(chance_()) + "-" + std::to_string(chance_());
}

awaitable<> stripe_sandbox::wait_a_while() {
  const auto jitter = settings_.jitter.count();
  const std::chrono::milliseconds more(std::uniform_int_distribution(-jitter, jitter)(chance_));
  co_await async::pause(executor_, settings_.latency + more);
}

std::string stripe_sandbox::metrics_text() const {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view help, auto value) {
    text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    text.append(" counter\n").append(name).append(" ").append(std::to_string(value)).append("\n");
  };
  const ledger_counts& counts = ledger_.counts();
  add("ticketd_sandbox_charges_total", "Distinct charges made.", counts.charges);
  add("ticketd_sandbox_repeats_total", "Charges asked for again under a known key.", counts.repeats);
  add("ticketd_sandbox_declines_total", "Distinct charges declined.", counts.declines);
  add("ticketd_sandbox_refunds_total", "Distinct refunds made.", counts.refunds);
  add("ticketd_sandbox_charged_amount_total", "Minor units charged, of whatever currency.", counts.amount_charged);
  add("ticketd_sandbox_refunded_amount_total", "Minor units refunded.", counts.amount_refunded);
  add("ticketd_sandbox_errors_total", "Calls answered 500 on purpose.", errors_);
  add("ticketd_sandbox_silences_total", "Calls never answered, on purpose.", silences_);
  return text;
}

}  // namespace

std::unique_ptr<provider> make_provider(const asio::any_io_executor& executor, sandbox_settings settings) {
  return std::make_unique<stripe_sandbox>(executor, settings);
}

}  // namespace ticketd::sandbox
