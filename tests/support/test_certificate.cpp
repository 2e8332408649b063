#include "support/test_certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <system_error>

namespace ticketd::test {
namespace {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using memory = std::unique_ptr<BIO, freed<BIO_free>>;

std::string text_of(const memory& from) {
  char* text = nullptr;
  const auto size = BIO_get_mem_data(from.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

test_certificate make_certificate(const std::string& dns_name, const std::string& addresses) {
  const std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, freed<X509_free>> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  const std::string names = "DNS:" + dns_name + (addresses.empty() ? "" : ",") + addresses;
  const std::unique_ptr<X509_EXTENSION, freed<X509_EXTENSION_free>> alternative(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  X509_add_ext(certificate.get(), alternative.get(), -1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  const memory certificate_pem(BIO_new(BIO_s_mem()));
  const memory key_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_pem.get(), certificate.get());
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_pem), text_of(key_pem)};
}

temporary_file::temporary_file(const std::string& text) {
  const int file = ::mkstemp(path_.data());
  if (file < 0) throw std::system_error(errno, std::generic_category(), path_);
  ::close(file);
  std::ofstream(path_) << text;
}

temporary_file::~temporary_file() { ::unlink(path_.c_str()); }

}  // namespace ticketd::test
