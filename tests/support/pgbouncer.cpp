#include "support/pgbouncer.hpp"

#include "support/eventually.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <libpq-fe.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ticketd::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::uint16_t unused_port() {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor taken(io, {boost::asio::ip::address_v4::loopback(), 0}, false);
  return taken.local_endpoint().port();
}

std::map<std::string, std::string> options_of(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(url.c_str(), nullptr),
                                                                            PQconninfoFree);
  std::map<std::string, std::string> options;
  for (const auto* option = parsed.get(); option && option->keyword; ++option)
    if (option->val) options.emplace(option->keyword, option->val);
  return options;
}

fs::path make_directory() {
  auto pattern = (fs::temp_directory_path() / "ticketd-pgbouncer-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no directory can be made for PgBouncer");
  return pattern;
}

// It refuses to run as root. Then the user that Debian runs it as has to read the configuration.
std::vector<std::string> command_for(const fs::path& configuration) {
  std::vector<std::string> command{"/usr/sbin/pgbouncer"};
  if (::geteuid() == 0) command.insert(command.end(), {"-u", "postgres"});
  command.push_back(configuration.string());
  return command;
}

}  // namespace

pgbouncer::pgbouncer(const std::string& server_url, const pooler_settings& settings)
    : directory_(make_directory()), port_(unused_port()) {
  write_configuration(server_url, settings);
  program_ = std::make_unique<running_program>(command_for(directory_ / "pgbouncer.ini"));
  const auto url = way_to(server_url);
  const bool answers = eventually([&] { return PQping(url.c_str()) == PQPING_OK; }, 20s);
  if (answers) return;
  program_->send_signal(SIGKILL);
  const auto ended = program_->ends_within(10s);
  fs::remove_all(directory_);
  throw std::runtime_error("PgBouncer does not answer: " + (ended ? ended->output + ended->errors : std::string()));
}

pgbouncer::~pgbouncer() {
  program_.reset();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void pgbouncer::write_configuration(const std::string& server_url, const pooler_settings& settings) const {
  auto server = options_of(server_url);
  const auto users = directory_ / "users.txt";
  std::ofstream(users) << '"' << server["user"] << "\" \"" << server["password"] << "\"\n";
  // Without search_path and the like, as Debian ships it: `options` is not among what it takes.
  std::ofstream(directory_ / "pgbouncer.ini")
      << "[databases]\n* = host=" << server["host"] << " port=" << server["port"] << "\n"
      << "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_ << "\nunix_socket_dir =\n"
      << "auth_type = scram-sha-256\nauth_file = " << users.string() << "\n"
      << "pool_mode = " << settings.mode << "\ndefault_pool_size = " << settings.servers_max << "\n";
  fs::permissions(directory_, fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
}

std::string pgbouncer::way_to(const std::string& url) const {
  auto options = options_of(url);
  return "postgresql://" + options["user"] + ":" + options["password"] + "@127.0.0.1:" + std::to_string(port_) + "/" +
         options["dbname"];
}

}  // namespace ticketd::test
