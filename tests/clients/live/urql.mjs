// Usage: GATEWAY_URL=… GATEWAY_KEY=… node urql.mjs BOT_ID CURSOR
// urql with its normalised cache: the subscription exchange over a WebSocket.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { LIVE, READ, after, botId, done, headers, socket, url } from "./operations.mjs";

const ws = socket();
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  exchanges: [
    cacheExchange({ keys: { BotSessionChange: () => null, BotSessionConnection: () => null } }),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({
          unsubscribe: ws.subscribe({ query: request.query ?? "", variables: request.variables }, sink),
        }),
      }),
    }),
  ],
});

const changes = [];
let channels = [];
const read = new Promise((resolve) => {
  client.query(READ, { botId }).subscribe(({ data }) => {
    channels = data.botSessions.nodes.map((node) => node.channel);
    resolve();
  });
});
await read;
client.subscription(LIVE, { botId, after }).subscribe(({ data, error }) => {
  if (error) throw error;
  changes.push(data.botSessionChanged);
  if (changes.length === 3) setImmediate(() => done(changes, channels));
});
