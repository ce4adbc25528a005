// Usage: GATEWAY_URL=… GATEWAY_KEY=… node pages.mjs BOT_ID
// Apollo Client with its normalised cache: three pages, a change, a node; prints what the cache has.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";

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
      session { id channel updatedAt }
      errors { code field message }
    }
  }
`;
const NODE = gql`
  query Again($id: ID!) {
    node(id: $id) { id ... on BotSession { sessionId channel } }
  }
`;

const client = new ApolloClient({
  link: new HttpLink({
    uri: process.env.GATEWAY_URL,
    headers: { authorization: `Bearer ${process.env.GATEWAY_KEY}` },
  }),
  cache: new InMemoryCache({
    possibleTypes: {
      Node: ["BotSession", "ChatSession", "CoBrowseSession", "KnowledgeSession", "RemoteSupportSession"],
    },
    typePolicies: {
      Query: { fields: { botSessions: relayStylePagination(["filter", "orderBy"]) } },
    },
  }),
});

const variables = { botId: process.argv[2] };
const list = client.watchQuery({ query: LIST, variables });
await firstValueFrom(list.pipe(filter(({ dataState }) => dataState === "complete")));
const sizes = [];
let requests = 1;
while (list.getCurrentResult().data.botSessions.pageInfo.hasNextPage) {
  const { edges, pageInfo } = list.getCurrentResult().data.botSessions;
  sizes.push(edges.length);
  await list.fetchMore({ variables: { after: pageInfo.endCursor } });
  requests += 1;
}
const whole = list.getCurrentResult().data.botSessions;
sizes.push(whole.edges.length);

const third = whole.edges[2].node;
const change = await client.mutate({ mutation: CHANGE, variables: { sessionId: third.sessionId } });
const node = await client.query({ query: NODE, variables: { id: third.id }, fetchPolicy: "network-only" });
const cached = client.readQuery({ query: LIST, variables }).botSessions;
const objects = Object.keys(client.cache.extract());

console.log(JSON.stringify({
  sizes,
  requests,
  numbers: cached.edges.map((edge) => edge.node.noOfMessagesExchanged),
  cursors: new Set(cached.edges.map((edge) => edge.cursor)).size,
  pageInfo: cached.pageInfo,
  totalCount: cached.totalCount,
  errors: change.data.updateBotSession.errors,
  channels: cached.edges.map((edge) => edge.node.channel),
  again: node.data.node.sessionId === third.sessionId,
  objects: objects.filter((name) => name.startsWith("BotSession:")).length,
}));
client.stop();
