// Usage: GATEWAY_URL=… GATEWAY_KEY=… node apollo.mjs BOT_ID CURSOR
// Apollo Client: queries over HTTP and subscriptions over a WebSocket, divided by a split link.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { getMainDefinition } from "@apollo/client/utilities";
import { LIVE, READ, after, botId, done, headers, socket, url } from "./operations.mjs";

const client = new ApolloClient({
  link: ApolloLink.split(
    ({ query }) => getMainDefinition(query).operation === "subscription",
    new GraphQLWsLink(socket()),
    new HttpLink({ uri: url, headers }),
  ),
  cache: new InMemoryCache(),
});

const changes = [];
await client.query({ query: gql(READ), variables: { botId } });
client.subscribe({ query: gql(LIVE), variables: { botId, after } }).subscribe({
  next({ data }) {
    changes.push(data.botSessionChanged);
    if (changes.length < 3) return;
    const { nodes } = client.readQuery({ query: gql(READ), variables: { botId } }).botSessions;
    done(changes, nodes.map((node) => node.channel));
  },
  error: (error) => { throw error; },
});
