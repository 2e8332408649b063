#include "observability/log_limiter.hpp"
#include "observability/log_line.hpp"
#include "observability/log_writer.hpp"
#include "support/catch2.hpp"
#include "ticketd/observability/build.hpp"
#include "ticketd/observability/metrics.hpp"
#include "ticketd/observability/ops.hpp"
#include "ticketd/observability/process_metrics.hpp"
#include "ticketd/observability/trace_context.hpp"

#include <boost/json/parse.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace ticketd::observability;

namespace {

const auto at =
    std::chrono::sys_days(std::chrono::January / 5 / 2027) + std::chrono::hours(10) + std::chrono::microseconds(123);

std::string line_with(std::vector<log_field> fields) {
  return format_log_line(at, log_level::info, "api-1", "order.accepted", fields);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Of a process_* metric.
double process_value(const std::string& name) {
  const std::string text = process_metrics_text();
  const std::string line = "\n" + name + " ";
  const auto at_line = text.find(line);
  REQUIRE(at_line != std::string::npos);
  return std::stod(text.substr(at_line + line.size()));
}

}  // namespace

TEST_CASE("a log line is one JSON object with ts, level, event, instance and its fields", "[log]") {
  CHECK(line_with({{"order_id", "6f0c"}, {"quantity", 2}, {"took", 0.25}, {"is_repeat", false}}) ==
        R"({"ts":"2027-01-05T10:00:00.000123Z","level":"info","event":"order.accepted","instance":"api-1",)"
        R"("order_id":"6f0c","quantity":2,"took":0.25,"is_repeat":false})");
}

TEST_CASE("a log line stays one line and valid JSON whatever a field holds", "[log]") {
  const std::vector<std::string> nasty{"two\nlines\r\n", "\"quoted\" \\ back", std::string("nul\0byte", 8),
                                       "\x7f\x1b[31m", "caf\xc3\xa9 \xf0\x9f\x8e\xab"};
  for (const auto& text : nasty) {
    const auto line = line_with({{"text", text}});
    CHECK(line.find_first_of(std::string("\n\r\0\x1b", 4)) == std::string::npos);
    CHECK(boost::json::parse(line).at("text").as_string() == text);
  }
}

TEST_CASE("no line has the whole of an order's id, whatever text it comes in", "[log]") {
  const std::string id = "6f0c8a52-1f3e-8b7a-9c1d-000102030405";
  const auto logged = [](const std::string& text) {
    return std::string(boost::json::parse(line_with({{"text", text}})).at("text").as_string());
  };
  CHECK(logged(id) == "6f0c8a52-1f3e-8b7a");
  CHECK(logged("Key (id)=(" + id + ") is " + id + ", twice") ==
        "Key (id)=(6f0c8a52-1f3e-8b7a) is 6f0c8a52-1f3e-8b7a, twice");
  CHECK(logged("6F0C8A52-1F3E-8B7A-9C1D-00010203040F") == "6F0C8A52-1F3E-8B7A");
  CHECK(logged("ab" + id + "ef") == "ab6f0c8a52-1f3e-8b7aef");
  CHECK(logged("\xff-" + id) == "\xef\xbf\xbd-6f0c8a52-1f3e-8b7a");
  for (const std::string other :
       {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tarkan-2027", "6f0c8a52-1f3e-8b7a-9c1d-00010203040",
        "6f0c8a52_1f3e-8b7a-9c1d-000102030405", "--------"})
    CHECK(logged(other) == other);
}

TEST_CASE("bytes that are not UTF-8 are replaced", "[log]") {
  const auto logged = [](std::string_view text) {
    return std::string(boost::json::parse(line_with({{"text", text}})).at("text").as_string());
  };
  CHECK(logged("a\xff"
               "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(logged("cut \xe2\x82") == "cut \xef\xbf\xbd\xef\xbf\xbd");
  CHECK(logged("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong
  CHECK(logged("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
}

TEST_CASE("numbers that JSON does not have become null", "[log]") {
  CHECK(boost::json::parse(line_with({{"x", std::numeric_limits<double>::infinity()}})).at("x").is_null());
}

TEST_CASE("a text is cut at a length, between two characters", "[log]") {
  const std::string ticket = "\xf0\x9f\x8e\xab";
  std::string long_text = "x";
  while (long_text.size() < 5000) long_text += ticket;
  const auto line = line_with({{"text", long_text}, {"after", 1}});
  CHECK(line.size() < log_text_bytes_max + 200);
  const auto logged = std::string(boost::json::parse(line).at("text").as_string());
  CHECK(logged.starts_with("x" + ticket));
  CHECK(logged.ends_with(ticket + "\xe2\x80\xa6"));
  CHECK(boost::json::parse(line).at("after").as_int64() == 1);
  const std::string just(log_text_bytes_max, 'x');
  CHECK(boost::json::parse(line_with({{"text", just}})).at("text").as_string() == just);
}

TEST_CASE("of a kind of line so many are written a second, and the next says how many were not", "[log]") {
  constexpr auto most = log_limiter::lines_a_second_max;
  log_limiter limiter;
  const std::chrono::steady_clock::time_point began{};
  for (std::uint64_t i = 0; i < most; ++i) CHECK(limiter.admit("noise", began) == 0);
  for (int i = 0; i < 7; ++i) CHECK_FALSE(limiter.admit("noise", began + std::chrono::milliseconds(999)));
  CHECK(limiter.admit("quiet", began) == 0);  // another kind has its own
  CHECK(limiter.admit("noise", began + std::chrono::seconds(1)) == 7);
  CHECK(limiter.admit("noise", began + std::chrono::seconds(1)) == 0);
}

namespace {

struct pipe_ends {
  pipe_ends() { REQUIRE(::pipe(ends.data()) == 0); }
  ~pipe_ends() {
    for (const int end : ends) ::close(end);
  }
  std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("lines are written in order, all of them before the writer is gone", "[log]") {
  const pipe_ends pipe;
  std::string expected;
  {
    log_writer writer(pipe.ends[1]);
    for (int i = 0; i < 100; ++i) {
      CHECK(writer.write("line " + std::to_string(i)));
      expected += "line " + std::to_string(i) + "\n";
    }
  }
  std::string read(expected.size(), '\0');
  REQUIRE(::read(pipe.ends[0], read.data(), read.size()) == static_cast<ssize_t>(read.size()));
  CHECK(read == expected);
}

TEST_CASE("who writes lines never waits for who reads them, and hears what found no room", "[log]") {
  std::signal(SIGPIPE, SIG_IGN);
  const pipe_ends pipe;
  log_writer_settings settings;
  settings.bytes_max = 10'000;
  settings.close = std::chrono::milliseconds(20);
  const std::string line(999, 'x');
  int taken = 0;
  {
    log_writer writer(pipe.ends[1], settings);
    do {  // ends: a pipe has room for 64 KiB, and nobody reads
      while (writer.write(line)) ++taken;
    } while (writer.flush(std::chrono::milliseconds(100)));
    CHECK(taken >= 10);
    CHECK(taken < 1000);
  }
  // Gone, although a write of its thread is stuck; which ends with the pipe.
  std::string read(1000, '\0');
  REQUIRE(::read(pipe.ends[0], read.data(), read.size()) == 1000);
  CHECK(read == line + "\n");
}

TEST_CASE("lines that the descriptor does not take are counted", "[log]") {
  std::signal(SIGPIPE, SIG_IGN);
  pipe_ends pipe;
  ::close(std::exchange(pipe.ends[0], -1));
  log_writer writer(pipe.ends[1]);
  CHECK(writer.write("one"));
  CHECK(writer.write("two"));
  CHECK(writer.flush(std::chrono::seconds(10)));
  CHECK(writer.refused() == 2);
}

TEST_CASE("what is passed on of a traceparent is what was understood of it", "[trace]") {
  using ticketd::observability::forwarded_traceparent;
  const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CHECK(forwarded_traceparent(valid) == valid);
  CHECK(forwarded_traceparent("cc" + valid.substr(2) + "-\xff\"") == valid);
  for (const auto& bad : {std::string(), valid.substr(1), valid + "-more", "ff" + valid.substr(2)})
    CHECK(forwarded_traceparent(bad).empty());
}

TEST_CASE("traceparent", "[trace]") {
  const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
  const std::string valid = "00-" + trace_id + "-b7ad6b7169203331-01";

  SECTION("a valid one") {
    const auto parsed = parse_traceparent(valid);
    REQUIRE(parsed);
    CHECK(parsed->trace_id == trace_id);
    CHECK(parsed->is_sampled);
    CHECK_FALSE(parse_traceparent("00-" + trace_id + "-b7ad6b7169203331-00")->is_sampled);
    CHECK_FALSE(parse_traceparent("00-" + trace_id + "-b7ad6b7169203331-02")->is_sampled);
    CHECK(parse_traceparent("00-" + trace_id + "-b7ad6b7169203331-0b")->is_sampled);
  }
  SECTION("a later version may be longer, after a dash") {
    CHECK(parse_traceparent("cc" + valid.substr(2) + "-what-comes"));
    CHECK(parse_traceparent("cc" + valid.substr(2)));
    CHECK_FALSE(parse_traceparent("cc" + valid.substr(2) + ".what"));
  }
  SECTION("anything else is none") {
    CHECK_FALSE(parse_traceparent(""));
    CHECK_FALSE(parse_traceparent(valid + "-more"));
    CHECK_FALSE(parse_traceparent("ff" + valid.substr(2)));
    CHECK_FALSE(parse_traceparent(valid.substr(0, 54)));
    CHECK_FALSE(parse_traceparent("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"));
    CHECK_FALSE(parse_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
    CHECK_FALSE(parse_traceparent("00-" + trace_id + "-0000000000000000-01"));
    CHECK_FALSE(parse_traceparent("00-" + trace_id + "-b7ad6b7169203331-0g"));
    CHECK_FALSE(parse_traceparent("00_" + trace_id + "-b7ad6b7169203331-01"));
  }
}

TEST_CASE("what can be counted stands there as zero from the start", "[metrics]") {
  const metrics all;
  const auto text = all.to_text();
  CHECK(has(text, "ticketd_publishes_total{outcome=\"unknown\"} 0"));
  CHECK(has(text, "ticketd_orders_total{reason=\"sold_out\",status=\"rejected\"} 0"));
}

TEST_CASE("what is recorded is counted under its labels", "[metrics]") {
  metrics all;
  all.record_request("GET /a", 200, std::chrono::milliseconds(3));
  all.record_request("GET /a", 200, std::chrono::milliseconds(30));
  all.record_request("GET /a", 404, std::chrono::milliseconds(3));
  all.record_request("GET /b", 200, std::chrono::milliseconds(3));
  all.record_order("confirmed", "", 7);
  all.record_read("redis");
  all.record_charge("declined");
  all.record_statement("find_event");
  const auto text = all.to_text();
  CHECK(has(text, "ticketd_http_requests_total{route=\"GET /a\",status=\"200\"} 2"));
  CHECK(has(text, "ticketd_http_requests_total{route=\"GET /a\",status=\"404\"} 1"));
  CHECK(has(text, "ticketd_http_requests_total{route=\"GET /b\",status=\"200\"} 1"));
  CHECK(has(text, "ticketd_http_request_duration_seconds_bucket{route=\"GET /a\",le=\"0.005\"} 2"));
  CHECK(has(text, "status=\"confirmed\"} 7"));
  CHECK(has(text, "ticketd_cache_reads_total{layer=\"redis\"} 1"));
  CHECK(has(text, "ticketd_charges_total{outcome=\"declined\"} 1"));
  CHECK(has(text, "ticketd_database_statements_total{statement=\"find_event\"} 1"));
}

TEST_CASE("a metric that was renamed is there under both names, with the same values", "[metrics]") {
  metrics all;
  all.settle_seconds.Observe(0.003);
  all.settle_seconds.Observe(3);
  const auto text = all.to_text();
  for (const std::string name : {"ticketd_settle_duration_seconds", "ticketd_settle_seconds"}) {
    CHECK(has(text, "\n# TYPE " + name + " histogram\n"));
    CHECK(has(text, "\n" + name + "_count 2\n"));
    CHECK(has(text, "\n" + name + "_bucket{le=\"0.005\"} 1\n"));
  }
}

TEST_CASE("a process says what it uses, and what it may", "[metrics]") {
  const double open_before = process_value("process_open_fds");
  {
    const std::vector<std::ifstream> three = [] {
      std::vector<std::ifstream> files;
      for (int i = 0; i < 3; ++i) files.emplace_back("/proc/self/stat");
      return files;
    }();
    CHECK(process_value("process_open_fds") == open_before + 3);
  }
  CHECK(process_value("process_open_fds") == open_before);
  CHECK(process_value("process_max_fds") >= open_before);

  const double resident = process_value("process_resident_memory_bytes");
  CHECK(resident > 1e6);
  CHECK(process_value("process_virtual_memory_bytes") > resident);

  const double cpu_before = process_value("process_cpu_seconds_total");
  while (std::clock() < static_cast<std::clock_t>((cpu_before + 0.05) * CLOCKS_PER_SEC)) {
  }
  CHECK(process_value("process_cpu_seconds_total") >= cpu_before + 0.04);

  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double started = process_value("process_start_time_seconds");
  CHECK(started <= now + 1);
  CHECK(started > now - 3600);
  CHECK(process_value("process_start_time_seconds") == started);
}

TEST_CASE("the build is a metric with its version for a label", "[metrics]") {
  const auto& build = this_build();
  CHECK(build.version.find('.') != std::string_view::npos);
  const auto text = process_metrics_text();
  CHECK(has(text, "ticketd_build_info{"));
  for (const auto& [label, value] :
       {std::pair{"version", build.version}, {"compiler", build.compiler}, {"boost", build.boost}})
    CHECK(has(text, std::string(label) + "=\"" + std::string(value) + "\""));
}

TEST_CASE("metrics may be recorded from several threads", "[metrics]") {
  metrics all;
  const auto record = [&all] {
    for (int i = 0; i < 1000; ++i) all.record_request(i % 2 ? "GET /a" : "GET /b", 200, std::chrono::microseconds(1));
  };
  std::thread other(record);
  record();
  other.join();
  CHECK(has(all.to_text(), "ticketd_http_requests_total{route=\"GET /a\",status=\"200\"} 1000"));
}

TEST_CASE("readiness has a line for each dependency, and minds only the required ones", "[ops]") {
  const auto of = [](bool is_database_up, bool is_redis_up, bool is_draining) {
    return report_readiness(
        {{"database", [=] { return is_database_up; }, true}, {"redis", [=] { return is_redis_up; }, false}},
        is_draining);
  };
  const auto fine = of(true, true, false);
  CHECK(fine.is_healthy);
  CHECK(boost::json::parse(fine.json) ==
        boost::json::parse(R"({"status": "ok", "dependencies": {"database": "up", "redis": "up"}})"));
  CHECK(has(fine.json, "\n    \"redis\": \"up\"\n"));

  CHECK(of(true, false, false).is_healthy);
  CHECK(has(of(true, false, false).json, "\"status\": \"degraded\""));
  CHECK_FALSE(of(false, true, false).is_healthy);
  CHECK(has(of(false, true, false).json, "\"status\": \"unavailable\""));
  CHECK_FALSE(of(true, true, true).is_healthy);
  CHECK(has(of(true, true, true).json, "\"status\": \"draining\""));
  CHECK(fine.missing.empty());
  CHECK(of(true, false, false).missing.empty());
  CHECK(of(false, false, false).missing == "database");
  CHECK(report_readiness({}, false).is_healthy);
  CHECK(boost::json::parse(report_readiness({}, false).json).at("dependencies").as_object().empty());
}
