// What the programs beside this one share: where the gateway is, and what they follow.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { GATEWAY_URL: url, GATEWAY_KEY: key } = process.env;

export const [botId, after] = process.argv.slice(2);
export const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
export { url };
export const LIVE = `
  subscription Live($botId: String!, $after: String) {
    botSessionChanged(filter: { botId: { eq: $botId } }, after: $after) {
      action
      cursor
      session { id sessionId channel }
    }
  }
`;
export const READ = `
  query Read($botId: String!) {
    botSessions(filter: { botId: { eq: $botId } }, orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]) {
      nodes { id sessionId channel }
    }
  }
`;

/** One WebSocket for all subscriptions; the key goes with the first message. */
export const socket = () =>
  createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WebSocket, // browsers, and Node from version 22 on, have their own
    connectionParams: { Authorization: headers.authorization },
  });

/** Prints what came, as the test reads it, and ends. */
export function done(changes, cached) {
  console.log(JSON.stringify({ changes, cached }));
  process.exit(0);
}
