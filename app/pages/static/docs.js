// Starts the REST reference: Swagger UI over our own /openapi.json, in the reader's colours.
"use strict";

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();

  /** The description may need the tab's key; requests that are tried out have their own. */
  function withKey(key, request) {
    const asked = new URL(request.url, location.href).pathname;
    if (key && asked === "/openapi.json") request.headers.Authorization = `Bearer ${key}`;
    return request;
  }

  async function start() {
    const key = await gatewayKey.find().catch(() => "");
    SwaggerUIBundle({
      url: "/openapi.json",
      dom_id: "#reference",
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      validatorUrl: null, // Its default sends the address to a public service.
      persistAuthorization: false,
      requestInterceptor: (request) => withKey(key, request),
    });
  }
  start();
})();
