// Usage: GATEWAY_URL=… GATEWAY_KEY=… node run.mjs BOT_ID CHAT_ID OTHER_CHAT_ID
// Relay's runtime over the compiled artifacts: three pages of a connection, refetches, a change,
// a deletion; prints what the store has.
import { createRequire } from "node:module";
import relay from "relay-runtime";

const require = createRequire(import.meta.url);
const artifact = (name) => require(`./artifacts/${name}.graphql.js`);
const { GATEWAY_URL, GATEWAY_KEY } = process.env;

const environment = new relay.Environment({
  network: relay.Network.create(async ({ text }, variables) => {
    const answer = await fetch(GATEWAY_URL, {
      method: "POST",
      headers: { authorization: `Bearer ${GATEWAY_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ query: text, variables }),
    });
    return answer.json();
  }),
  store: new relay.Store(new relay.RecordSource()),
});

async function query(name, variables) {
  const request = artifact(name);
  const operation = relay.createOperationDescriptor(request, variables);
  environment.retain(operation);
  await relay.fetchQuery(environment, request, variables, { fetchPolicy: "network-only" }).toPromise();
  return () => environment.lookup(operation.fragment).data;
}

function fragment(name, reference) {
  return environment.lookup(relay.getSingularSelector(artifact(name), reference)).data;
}

function mutate(name, variables) {
  return new Promise((onCompleted, onError) => {
    const mutation = artifact(name);
    relay.commitMutation(environment, { mutation, variables, onCompleted, onError });
  });
}

const [botId, ...chatIds] = process.argv.slice(2);

const page = await query("operationsPageQuery", { botId, count: 5 });
const connection = () => fragment("operations_bots", page()).botSessions;
const nodes = () => connection().edges.map((edge) => edge.node);
const sizes = [nodes().length];
while (connection().pageInfo.hasNextPage) {
  const cursor = connection().pageInfo.endCursor;
  await query("operationsNextPageQuery", { botId, count: 5, cursor });
  sizes.push(nodes().length);
}
const numbers = nodes().map((node) => node.noOfMessagesExchanged);

const third = () => fragment("operations_bot", nodes()[2]);
const { sessionId } = nodes()[2];
const again = (await query("operationsNodeQuery", { id: third().id }))().node;
await query("operationsBotRefetchQuery", { id: third().id });
await query("operationsSessionRefetchQuery", { id: third().id });
const session = fragment("operations_session", again.session);

const change = await mutate("operationsChangeMutation", { sessionId, input: { channel: "changed" } });
const channels = nodes().map((node) => fragment("operations_bot", node).channel);
const refused = await mutate("operationsChangeMutation", { sessionId: "nobody", input: { channel: "x" } });
await mutate("operationsRemoveMutation", { sessionId });
const left = nodes().filter(Boolean).map((node) => node.noOfMessagesExchanged);

const chats = [];
for (const id of chatIds) chats.push(await query("operationsChatQuery", { sessionId: id }));

console.log(JSON.stringify({
  sizes,
  numbers,
  again: { type: again.__typename, ...session },
  errors: change.updateBotSession.errors,
  channels,
  refused: refused.updateBotSession,
  left,
  chats: chats.map((read) => read().chatSession.messages.nodes.map((one) => one.message)),
}));
