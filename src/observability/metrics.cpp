#include "ticketd/observability/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace ticketd::observability {
namespace {

using buckets = prometheus::Histogram::BucketBoundaries;

// A request, a confirm, a transaction: half a millisecond is a read out of memory, 10 s is where clients give up.
const buckets& latency_buckets() {
  static const buckets seconds{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  return seconds;
}

// From a session that was free at once to the longest that a caller is willing to wait.
const buckets& wait_buckets() {
  static const buckets seconds{.0001, .0005, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};
  return seconds;
}

// Denser around the bounds that ship as defaults: 100 orders a message, 2,000 a transaction.
const buckets& batch_buckets() {
  static const buckets orders{1, 2, 5, 10, 20, 50, 75, 100, 200, 500, 1000, 1500, 2000, 5000};
  return orders;
}

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(in);
}

prometheus::Counter& counter(prometheus::Registry& in, const char* name, const char* help) {
  return counters(in, name, help).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(in).Add({});
}

prometheus::Family<prometheus::Histogram>& histograms(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(in);
}

prometheus::Histogram& histogram(prometheus::Registry& in, const char* name, const char* help, const buckets& bounds) {
  return histograms(in, name, help).Add({}, bounds);
}

// What version 0.1 called them: beside the names of now until 0.3, so that dashboards and alerts outlive the upgrade.
struct renamed_metric {
  std::string_view now;
  std::string_view before;
};
constexpr std::array renamed_metrics{
    renamed_metric{"ticketd_confirm_duration_seconds", "ticketd_confirm_seconds"},
    renamed_metric{"ticketd_database_pool_wait_duration_seconds", "ticketd_database_pool_wait_seconds"},
    renamed_metric{"ticketd_http_request_duration_seconds", "ticketd_http_request_seconds"},
    renamed_metric{"ticketd_settle_duration_seconds", "ticketd_settle_seconds"},
};

void add_names_of_before(std::vector<prometheus::MetricFamily>& families) {
  for (const auto& [now, before] : renamed_metrics) {
    const auto found = std::ranges::find(families, now, &prometheus::MetricFamily::name);
    if (found == families.end()) continue;
    prometheus::MetricFamily copy = *found;
    copy.name = before;
    copy.help = "Deprecated, until 0.3: " + found->name + ".";
    families.push_back(std::move(copy));
  }
}

}  // namespace

labelled_counters::labelled_counters(prometheus::Family<prometheus::Counter>& family, std::string first_label,
                                     std::string second_label)
    : family_(family), first_label_(std::move(first_label)), second_label_(std::move(second_label)) {}

prometheus::Counter& labelled_counters::at(std::string_view first, std::string_view second) {
  const std::lock_guard lock(mutex_);
  for (const entry& each : entries_)
    if (each.first == first && each.second == second) return *each.counter;

  prometheus::Labels labels{{first_label_, std::string(first)}};
  if (!second_label_.empty()) labels.emplace(second_label_, second);
  prometheus::Counter& added = family_.Add(labels);
  entries_.push_back({std::string(first), std::string(second), &added});
  return added;
}

metrics::metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      open_connections(gauge(*registry_, "ticketd_http_connections_open", "Open client connections.")),
      requests_shed(counter(*registry_, "ticketd_http_requests_shed_total",
                            "Requests that had waited for too long, and were refused before they were begun.")),
      publish_batch_orders(histogram(*registry_, "ticketd_publish_batch_orders",
                                     "Orders that shared one broker message.", batch_buckets())),
      confirm_seconds(histogram(*registry_, "ticketd_confirm_duration_seconds",
                                "Time from publishing a message to the broker's confirm.", latency_buckets())),
      in_flight_orders(
          gauge(*registry_, "ticketd_in_flight_orders", "Orders accepted and not yet confirmed by the broker.")),
      queue_depth_orders(gauge(*registry_, "ticketd_queue_depth_orders",
                               "Orders waiting in the queue: messages ready times the mean orders of a message.")),
      watchers_open(gauge(*registry_, "ticketd_watchers_open",
                          "Watchers of orders and of availability: open streams, and reads that wait for a change.")),
      watchers_dropped(counter(*registry_, "ticketd_watchers_dropped_total",
                               "Streams that were ended because their client did not read.")),
      change_told_seconds(histogram(*registry_, "ticketd_change_told_duration_seconds",
                                    "Time from a change of an order, as its row has it, until a watcher is told.",
                                    latency_buckets())),
      settle_batch_orders(histogram(*registry_, "ticketd_settle_batch_orders",
                                    "Orders that shared one database transaction.", batch_buckets())),
      events_waiting(gauge(*registry_, "ticketd_events_waiting",
                           "Events that somebody holds a lock of, so that their orders wait in a table of their own.")),
      settlement_waiting(gauge(*registry_, "ticketd_settlement_waiting",
                               "1 while the database does not take what is to be settled, and everything waits.")),
      settle_seconds(histogram(*registry_, "ticketd_settle_duration_seconds",
                               "Time of one settling transaction, begin to commit.", latency_buckets())),
      charges_at_once_max(gauge(*registry_, "ticketd_charges_at_once_max",
                                "Charges that may be under way at once, by what the provider was seen to take.")),
      charging_slowed(
          gauge(*registry_, "ticketd_charging_slowed",
                "1 while the provider refuses what we send as wrong, and only one payment at a time is tried.")),
      orders_dead_lettered(counter(*registry_, "ticketd_orders_dead_lettered_total",
                                   "Orders that could not be settled and went to the dead-letter queue.")),
      messages_of_unknown_version(counter(*registry_, "ticketd_messages_of_unknown_version_total",
                                          "Messages that only a newer worker can read: this one consumes no more.")),
      orders_repeated(counter(*registry_, "ticketd_orders_repeated_total",
                              "Orders that came again and were skipped because their id was known.")),
      pool_wait_seconds(histogram(*registry_, "ticketd_database_pool_wait_duration_seconds",
                                  "Time that callers waited for a database session.", wait_buckets())),
      pool_busy(gauge(*registry_, "ticketd_database_connections_busy", "Database connections on loan.")),
      pool_open(gauge(*registry_, "ticketd_database_connections_open", "Database connections established.")),
      cache_breaker_state(gauge(*registry_, "ticketd_cache_breaker_state",
                                "Circuit breaker in front of Redis: 0 closed, 1 half open, 2 open.")),
      broker_breaker_state(gauge(*registry_, "ticketd_broker_breaker_state",
                                 "Circuit breaker in front of a broker that hangs: 0 closed, 1 half open, 2 open.")),
      broker_up(gauge(*registry_, "ticketd_broker_up", "1 while the broker is connected and does not block us.")),
      requests_(counters(*registry_, "ticketd_http_requests_total", "Answered requests by route and status.")),
      request_seconds_(histograms(*registry_, "ticketd_http_request_duration_seconds",
                                  "Time from a request's last byte to its answer, by route.")),
      orders_(counters(*registry_, "ticketd_orders_total", "Orders by the state that they reached, and why."), "status",
              "reason"),
      publishes_(counters(*registry_, "ticketd_publishes_total", "Orders handed to the broker, by outcome."),
                 "outcome"),
      cache_reads_(counters(*registry_, "ticketd_cache_reads_total", "Reads by the layer that answered them."),
                   "layer"),
      charges_(counters(*registry_, "ticketd_charges_total", "Answers of the payment provider, by outcome."),
               "outcome"),
      notices_(counters(*registry_, "ticketd_change_notices_total",
                        "Changed orders in notices to the replicas that watch them, by what became of the notice."),
               "outcome"),
      statements_(counters(*registry_, "ticketd_database_statements_total",
                           "Statements that the database carried out, by the name of the query."),
                  "statement"),
      orders_published(publishes_.at("confirmed")),
      orders_unavailable(publishes_.at("unavailable")),
      orders_unknown(publishes_.at("unknown")) {
  // A series that appears with its first event hides that event from rate(): the known ones begin at zero.
  for (const auto layer : {"l1", "redis", "database", "stale"}) cache_reads_.at(layer);
  for (const auto outcome : {"succeeded", "declined", "unknown", "not_sent", "refunded"}) charges_.at(outcome);
  for (const auto outcome : {"sent", "dropped", "heard"}) notices_.at(outcome);
  for (const auto statement : {"find_event", "list_events"}) statements_.at(statement);
  for (const auto status : {"reserved", "confirmed"}) orders_.at(status);
  for (const auto reason : {"sold_out", "limit_exceeded", "sale_not_open", "sale_closed", "not_available"})
    orders_.at("rejected", reason);
  orders_.at("payment_failed", "payment_declined");
  orders_.at("expired", "hold_expired");
}

std::string metrics::to_text() const {
  auto families = registry_->Collect();
  add_names_of_before(families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

void metrics::record_request(std::string_view route, int status, std::chrono::nanoseconds took) {
  const int known_status = std::clamp(status, status_least, status_most);
  const std::lock_guard lock(routes_mutex_);
  route_metrics& of_route = metrics_of(route);
  prometheus::Counter*& answered = of_route.by_status[static_cast<std::size_t>(known_status - status_least)];
  if (!answered) answered = &requests_.Add({{"route", of_route.route}, {"status", std::to_string(known_status)}});
  answered->Increment();
  of_route.seconds->Observe(std::chrono::duration<double>(took).count());
}

metrics::route_metrics& metrics::metrics_of(std::string_view route) {
  for (const auto& each : routes_)
    if (each->route == route) return *each;
  const std::string name(route);
  auto& seconds = request_seconds_.Add({{"route", name}}, latency_buckets());
  routes_.push_back(std::make_unique<route_metrics>(route_metrics{name, &seconds}));
  return *routes_.back();
}

void metrics::record_order(std::string_view status, std::string_view reason, std::size_t count) {
  orders_.at(status, reason).Increment(static_cast<double>(count));
}

void metrics::record_read(std::string_view layer) { cache_reads_.at(layer).Increment(); }

void metrics::record_charge(std::string_view outcome) { charges_.at(outcome).Increment(); }

void metrics::record_notice(std::string_view outcome, std::size_t orders) {
  notices_.at(outcome).Increment(static_cast<double>(orders));
}

void metrics::record_statement(std::string_view statement) { statements_.at(statement).Increment(); }

}  // namespace ticketd::observability
