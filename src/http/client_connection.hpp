// One connection of the client to its server, over TCP or TLS.
//
// Thread: the executor's. One exchange at a time; after a failure the connection is of no more use.
#pragma once

#include "ticketd/async/tls.hpp"
#include "ticketd/http/message.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace ticketd::http {

using asio::ip::tcp;
using boost::system::error_code;

// Where a URL's server is.
struct origin {
  bool is_tls = false;
  std::string host;  // a name, or an address without brackets
  std::string port;
  std::string host_header;  // as the URL has it
};

class client_connection {
 public:
  virtual ~client_connection() = default;

  [[nodiscard]] virtual awaitable<error_code> open(const tcp::resolver::results_type& addresses, deadline until) = 0;
  [[nodiscard]] virtual awaitable<error_code> exchange(const request& sent, response& answer, deadline until) = 0;

  // Why open() failed, in words.
  [[nodiscard]] virtual std::string describe(const error_code& failure) = 0;

  // Whether the server has closed an idle connection, or said something unasked.
  [[nodiscard]] virtual bool is_stale() = 0;
};

// `tls` for a TLS origin, else null; it outlives the connection.
[[nodiscard]] std::unique_ptr<client_connection> make_client_connection(const asio::any_io_executor& executor,
                                                                        const origin& server, async::tls_context* tls,
                                                                        std::size_t answer_max);

}  // namespace ticketd::http
