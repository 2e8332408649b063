# cmake -D INPUT=openapi.json -D OUTPUT=file.cpp -P embed_openapi.cmake
# Writes the document as a C++ string literal.
file(READ "${INPUT}" document)
file(WRITE "${OUTPUT}" "#include \"api/description.hpp\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"  // more than a compiler has to take; all of ours do

namespace ticketd::roles::api {

std::string_view openapi_document() noexcept {
  static constexpr char text[] = R\"openapi(${document})openapi\";
  return {text, sizeof text - 1};
}

}  // namespace ticketd::roles::api
")
