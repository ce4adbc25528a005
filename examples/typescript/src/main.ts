/** `list BOT_ID [PAGE_SIZE]` prints a bot's sessions, `note SESSION_ID TEXT` writes notes. */

import { Client, QueryError } from "./client.js";
import { botSessions, writeNotes } from "./sessions.js";

const USAGE = "Usage: npm start -- list BOT_ID [PAGE_SIZE] | note SESSION_ID TEXT";

async function list(client: Client, botId: string, pageSize?: string): Promise<number> {
  for await (const one of botSessions(client, botId, pageSize ? Number(pageSize) : undefined)) {
    console.log(`${one.startedAt}  ${one.sessionId}  ${one.containmentType ?? "active"}`);
  }
  return 0;
}

async function note(client: Client, sessionId: string, text: string): Promise<number> {
  const { session, errors } = await writeNotes(client, sessionId, text);
  for (const error of errors) {
    console.error(`${error.code} ${error.field?.join(".") ?? ""}: ${error.message}`);
  }
  if (session) console.log(`${session.sessionId}: ${session.notes}`);
  return session ? 0 : 1;
}

async function main([command, first, second]: string[]): Promise<number> {
  const url = process.env.GATEWAY_URL ?? "http://127.0.0.1:8000/graphql";
  const client = new Client(url, process.env.GATEWAY_KEY ?? "");
  if (command === "list" && first) return list(client, first, second);
  if (command === "note" && first && second) return note(client, first, second);
  console.error(USAGE);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof QueryError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
