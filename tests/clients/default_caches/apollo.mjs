// Usage: GATEWAY_URL=… GATEWAY_KEY=… node apollo.mjs VARIABLES
// Apollo Client with the cache of its first example: no configuration at all.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { headers, operations, printList, url } from "./operations.mjs";

const client = new ApolloClient({
  link: new HttpLink({ uri: url, headers }),
  cache: new InMemoryCache(),
});

await printList({
  ask: (name, variables) => client.query({ query: gql(operations[name]), variables }),
  read: (name, variables) => client.readQuery({ query: gql(operations[name]), variables }),
});
client.stop();
