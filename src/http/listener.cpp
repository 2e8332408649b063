#include "http/listener.hpp"

#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <filesystem>
#include <sstream>
#include <system_error>

#include <unistd.h>

namespace ticketd::http {
namespace {

using boost::system::error_code;
using local = asio::local::stream_protocol;

// The system's own error does not name the address, and says where in Asio it happened, which helps nobody.
template <class Endpoint>
boost::system::system_error cannot_listen(const error_code& why, const Endpoint& where) {
  std::ostringstream text;
  text << "cannot listen on " << where;
  return {why.value(), why.category(), text.str()};
}

template <class Acceptor, class Endpoint>
Acceptor listening(const asio::any_io_executor& executor, const Endpoint& where) {
  try {
    return Acceptor(executor, where);  // with SO_REUSEADDR
  } catch (const boost::system::system_error& error) {
    throw cannot_listen(error.code(), where);
  }
}

// unix(7): binding makes the file, and nothing removes it when its process ends.
bool is_left_behind(const asio::any_io_executor& executor, const local::endpoint& where) {
  std::error_code absent;
  if (!std::filesystem::is_socket(where.path(), absent)) return false;
  local::socket probe(executor, local());
  probe.native_non_blocking(true);  // a backlog that is full is somebody's
  error_code failure;
  probe.connect(where, failure);
  return failure == boost::system::errc::connection_refused;
}

}  // namespace

tcp_acceptor listen_on_port(const asio::any_io_executor& executor, const std::string& address, std::uint16_t port) {
  return listening<tcp_acceptor>(executor, asio::ip::tcp::endpoint(asio::ip::make_address(address), port));
}

local_acceptor listen_on_path(const asio::any_io_executor& executor, const std::string& path) {
  const local::endpoint where(path);
  if (is_left_behind(executor, where)) ::unlink(path.c_str());
  return listening<local_acceptor>(executor, where);
}

}  // namespace ticketd::http
