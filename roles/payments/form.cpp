#include "payments/form.hpp"

#include <boost/url/encoding_opts.hpp>
#include <boost/url/params_view.hpp>
#include <boost/url/parse_query.hpp>

namespace ticketd::roles {

namespace urls = boost::urls;

std::optional<form> parse_form(std::string_view body) {
  if (!urls::parse_query(urls::string_view(body))) return std::nullopt;
  urls::encoding_opts as_form;
  as_form.space_as_plus = true;
  form fields;
  for (const auto& field : urls::params_view(urls::string_view(body), as_form))
    if (!field.key.empty()) fields.insert_or_assign(field.key, field.value);
  return fields;
}

}  // namespace ticketd::roles
