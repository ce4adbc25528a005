// Usage: GATEWAY_URL=… GATEWAY_KEY=… CACHE=document|normalised node urql.mjs VARIABLES
// urql with its own document cache, or with Graphcache as it comes: no schema, no keys.
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { cacheExchange as graphcache } from "@urql/exchange-graphcache";
import { headers, operations, printList, url } from "./operations.mjs";

const cache = process.env.CACHE === "normalised" ? graphcache() : cacheExchange;
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  exchanges: [cache, fetchExchange],
});

async function run(name, variables, requestPolicy) {
  const { data, error } = await client.query(gql(operations[name]), variables, { requestPolicy }).toPromise();
  if (error) throw error;
  return data;
}

await printList({
  ask: (name, variables) => run(name, variables, "network-only"),
  read: (name, variables) => run(name, variables, "cache-only"),
});
