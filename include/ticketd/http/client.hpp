// An HTTP/1.1 client for one server, over TCP or TLS, with a bounded pool of kept-alive connections.
//
// Thread: the executor's. Whoever made it owns it; a call that is under way may outlive it. Calls that wait for a free
// connection are served in order.
#pragma once

#include "ticketd/async/result.hpp"
#include "ticketd/http/message.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace ticketd::http {

enum class client_errc {
  not_sent = 1,  // refused, unresolved, or no connection in time: the server certainly did not see the request
  no_answer,     // it may have: the connection ended, or the deadline passed, after the request was (partly) sent
};

[[nodiscard]] const boost::system::error_category& client_category() noexcept;
[[nodiscard]] error_code make_error_code(client_errc code) noexcept;

struct client_settings {
  std::string url;                      // http://host:port or https://host
  std::string ca_file{};                // who vouches for an https server: PEM. Empty: whom the system trusts
  std::size_t connections = 64;         // open at once; more calls wait
  std::size_t answer_max = 256 * 1024;  // bytes of a response's body
};

class client {
 public:
  virtual ~client() = default;

  // Host and keep-alive are filled in. A kept-alive connection that the server had closed meanwhile is `no_answer` like
  // any other, as only the caller knows what may be repeated; so is an answer larger than answer_max. Fails with
  // client_errc.
  [[nodiscard]] virtual awaitable<result<response>> send(request sent, deadline until) = 0;
};

// Throws std::invalid_argument for a URL that is not http or https, or a CA file that is none.
[[nodiscard]] std::unique_ptr<client> make_client(const asio::any_io_executor& executor, client_settings settings);

}  // namespace ticketd::http

template <>
struct boost::system::is_error_code_enum<ticketd::http::client_errc> : std::true_type {};
