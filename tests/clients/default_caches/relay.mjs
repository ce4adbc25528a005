// Usage: GATEWAY_URL=… GATEWAY_KEY=… node relay.mjs VARIABLES
// Relay's store over the artifacts that relay-compiler made of the operations.
import { createRequire } from "node:module";
import relay from "relay-runtime";
import { headers, printList, url } from "./operations.mjs";

const require = createRequire(import.meta.url);
const artifact = (name) => require(`./artifacts/sessions${name}Query.graphql.js`);

const environment = new relay.Environment({
  network: relay.Network.create(async ({ text: query }, variables) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return answer.json();
  }),
  store: new relay.Store(new relay.RecordSource()),
});

function operation(name, variables) {
  const made = relay.createOperationDescriptor(artifact(name), variables);
  environment.retain(made);
  return made;
}

await printList({
  ask: (name, variables) => {
    operation(name, variables);
    return relay.fetchQuery(environment, artifact(name), variables).toPromise();
  },
  read: (name, variables) => environment.lookup(operation(name, variables).fragment).data,
});
