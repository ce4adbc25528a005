// Usage: GATEWAY_URL=… GATEWAY_KEY=… node relay.mjs BOT_ID CURSOR
// Relay: a network with subscriptions over a WebSocket, and a store that the changes reach.
import { createRequire } from "node:module";
import relay from "relay-runtime";
import { after, botId, done, headers, socket, url } from "./operations.mjs";

const require = createRequire(import.meta.url);
const artifact = (name) => require(`./artifacts/${name}.graphql.js`);
const ws = socket();
const environment = new relay.Environment({
  network: relay.Network.create(
    async ({ text }, variables) => {
      const body = JSON.stringify({ query: text, variables });
      return (await fetch(url, { method: "POST", headers, body })).json();
    },
    ({ text, name }, variables) =>
      relay.Observable.create((sink) =>
        ws.subscribe({ operationName: name, query: text, variables }, sink),
      ),
  ),
  store: new relay.Store(new relay.RecordSource()),
});

const request = artifact("changesReadQuery");
const operation = relay.createOperationDescriptor(request, { botId });
environment.retain(operation);
await relay.fetchQuery(environment, request, { botId }).toPromise();

const changes = [];
relay.requestSubscription(environment, {
  subscription: artifact("changesSubscription"),
  variables: { botId, after },
  onNext({ botSessionChanged }) {
    changes.push(botSessionChanged);
    if (changes.length < 3) return;
    const { botSessions } = environment.lookup(operation.fragment).data;
    done(changes, botSessions.nodes.map((node) => node.channel));
  },
  onError: (error) => { throw error; },
});
