// Usage: KEY=... node audit.mjs http://127.0.0.1:8000/graphql
// Runs every audit of graphql-http and prints [{id, name, status, reason}] as JSON.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
const fetchFn = (input, options = {}) => {
  const headers = new Headers(options.headers);
  headers.set("authorization", `Bearer ${process.env.KEY}`);
  return fetch(input, { ...options, headers });
};

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
console.log(JSON.stringify(results));
