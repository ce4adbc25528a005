// Usage: GATEWAY_URL=… GATEWAY_KEY=… node chats.mjs CHAT_ID OTHER_CHAT_ID
// Two chats whose messages have the same ids, in a cache without any configuration.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";

const CHAT = gql`
  query Chat($sessionId: String!) {
    chatSession(sessionId: $sessionId) {
      id
      button { buttonId name }
      customer { customerId name }
      messages { nodes { messageId message } }
    }
  }
`;

const client = new ApolloClient({
  link: new HttpLink({
    uri: process.env.GATEWAY_URL,
    headers: { authorization: `Bearer ${process.env.GATEWAY_KEY}` },
  }),
  cache: new InMemoryCache(),
});

const ids = process.argv.slice(2);
for (const sessionId of ids) await client.query({ query: CHAT, variables: { sessionId } });
const read = (sessionId) => client.readQuery({ query: CHAT, variables: { sessionId } }).chatSession;
console.log(JSON.stringify(ids.map((id) => read(id).messages.nodes.map((one) => one.message))));
client.stop();
