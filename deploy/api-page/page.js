// The API's document, shown by Swagger UI. It asks nobody but this server, which the page's Content-Security-Policy makes
// sure of: without `validatorUrl: null` it would show the document to a validator of its makers'.

const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followTheme);
followTheme();

SwaggerUIBundle({
  dom_id: "#api",
  url: "/api/v1/openapi.json",
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false, // a token is kept in memory alone
});
