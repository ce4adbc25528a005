// Usage: GATEWAY_URL=… GATEWAY_KEY=… node pages.mjs BOT_ID CHAT_ID OTHER_CHAT_ID
// urql with its normalised cache and relayPagination; prints what the cache has.
import { Client, fetchExchange, gql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

const LIST = gql`
  query List($botId: String!, $after: String) {
    botSessions(
      filter: { botId: { eq: $botId } }
      orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]
      first: 5
      after: $after
    ) {
      edges { cursor node { id sessionId channel noOfMessagesExchanged } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
`;
const CHANGE = gql`
  mutation Change($sessionId: String!) {
    updateBotSession(sessionId: $sessionId, input: { channel: "changed" }) {
      session { id channel }
      errors { code message }
    }
  }
`;
const CHAT = gql`
  query Chat($sessionId: String!, $after: String) {
    chatSession(sessionId: $sessionId) {
      id
      customer { customerId name }
      messages(first: 1, after: $after) {
        edges { cursor node { messageId message } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        totalCount
      }
    }
  }
`;

const { GATEWAY_URL: url, GATEWAY_KEY: key } = process.env;
const embedded = () => null;
const schema = await introspect();
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { authorization: `Bearer ${key}` } },
  exchanges: [
    cacheExchange({
      schema,
      keys: {
        BotSessionConnection: embedded,
        BotSessionEdge: embedded,
        ChatMessage: embedded,
        ChatMessageConnection: embedded,
        ChatMessageEdge: embedded,
        PageInfo: embedded,
        SessionCustomer: embedded,
      },
      resolvers: {
        Query: { botSessions: relayPagination() },
        ChatSession: { messages: relayPagination() },
      },
    }),
    fetchExchange,
  ],
});

async function introspect() {
  const { getIntrospectionQuery } = await import("graphql");
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  return (await answer.json()).data;
}

async function run(promise) {
  const { data, error } = await promise;
  if (error) throw error;
  return data;
}

const [botId, ...chatIds] = process.argv.slice(2);
let after = null;
let whole;
const sizes = [];
do {
  whole = (await run(client.query(LIST, { botId, after }).toPromise())).botSessions;
  sizes.push(whole.edges.length);
  after = whole.pageInfo.endCursor;
} while (whole.pageInfo.hasNextPage);

const third = whole.edges[2].node;
const change = await run(client.mutation(CHANGE, { sessionId: third.sessionId }).toPromise());
const fromCache = { requestPolicy: "cache-only" };
const cached = (await run(client.query(LIST, { botId, after: null }, fromCache).toPromise())).botSessions;

for (const sessionId of chatIds) {
  let after = null;
  let page;
  do {
    page = (await run(client.query(CHAT, { sessionId, after }).toPromise())).chatSession.messages;
    after = page.pageInfo.endCursor;
  } while (page.pageInfo.hasNextPage);
}
const chats = [];
for (const sessionId of chatIds) {
  const { chatSession } = await run(client.query(CHAT, { sessionId }, fromCache).toPromise());
  chats.push(chatSession.messages.edges.map((edge) => edge.node.message));
}

console.log(JSON.stringify({
  sizes,
  errors: change.updateBotSession.errors,
  numbers: cached.edges.map((edge) => edge.node.noOfMessagesExchanged),
  channels: cached.edges.map((edge) => edge.node.channel),
  hasNextPage: cached.pageInfo.hasNextPage,
  chats,
}));
