// Usage: GATEWAY_URL=… GATEWAY_KEY=… node chats.mjs CHAT_ID OTHER_CHAT_ID
// Two chats whose messages have the same ids, page by page, in a cache that only merges the pages.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

const CHAT = gql`
  query Chat($sessionId: String!, $after: String) {
    chatSession(sessionId: $sessionId) {
      id
      button { buttonId name }
      customer { customerId name }
      messages(first: 1, after: $after) {
        edges { cursor node { messageId message } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`;

const client = new ApolloClient({
  link: new HttpLink({
    uri: process.env.GATEWAY_URL,
    headers: { authorization: `Bearer ${process.env.GATEWAY_KEY}` },
  }),
  cache: new InMemoryCache({
    typePolicies: { ChatSession: { fields: { messages: relayStylePagination() } } },
  }),
});

const ids = process.argv.slice(2);
for (const sessionId of ids) {
  let after = null;
  let more = true;
  while (more) {
    const { data } = await client.query({
      query: CHAT,
      variables: { sessionId, after },
      fetchPolicy: "network-only", // the cache has one list, whatever `after` is
    });
    ({ hasNextPage: more, endCursor: after } = data.chatSession.messages.pageInfo);
  }
}
const read = (sessionId) => client.readQuery({ query: CHAT, variables: { sessionId } }).chatSession;
console.log(JSON.stringify(ids.map((id) => read(id).messages.edges.map((edge) => edge.node.message))));
client.stop();
