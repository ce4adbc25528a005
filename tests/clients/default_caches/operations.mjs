// The operations of sessions.graphql by their names, and what every program here does with them:
// the list, then each session by itself, then the list again as the cache has it.
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("sessions.graphql", import.meta.url), "utf-8");
export const operations = Object.fromEntries(
  text.split(/^(?=query )/m).map((operation) => [operation.match(/^query sessions(\w+)Query/)[1], operation]),
);

export const url = process.env.GATEWAY_URL;
export const headers = { authorization: `Bearer ${process.env.GATEWAY_KEY}` };

/** `ask` sends an operation by its name; `read` gives the data of the list from the cache alone. */
export async function printList({ ask, read }) {
  const variables = JSON.parse(process.argv[2]);
  await ask("List", variables);
  for (const sessionId of variables.chats) await ask("Chat", { sessionId });
  for (const sessionId of variables.remote) await ask("Remote", { sessionId });
  console.log(JSON.stringify(await read("List", variables)));
}
