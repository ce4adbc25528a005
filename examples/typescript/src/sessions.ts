/** What this program asks of the gateway. */

import { type Client, QueryError } from "./client.js";
import { graphql } from "./gql/gql.js";
import type { BotSessionsPageQuery, WriteNotesMutation } from "./gql/graphql.js";

const BotSessionsPage = graphql(`
  query BotSessionsPage($filter: BotSessionFilter, $first: Int!, $after: String) {
    botSessions(
      filter: $filter
      orderBy: [{ field: STARTED_AT, direction: DESC }]
      first: $first
      after: $after
    ) {
      nodes {
        id
        sessionId
        botId
        startedAt
        durationSeconds
        containmentType
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const WriteNotes = graphql(`
  mutation WriteNotes($sessionId: String!, $notes: String!) {
    updateRemoteSupportSession(sessionId: $sessionId, input: { notes: $notes }) {
      session {
        id
        sessionId
        notes
        updatedAt
      }
      errors {
        code
        field
        message
      }
    }
  }
`);

export type BotRow = NonNullable<NonNullable<BotSessionsPageQuery["botSessions"]>["nodes"][number]>;
export type Written = NonNullable<WriteNotesMutation["updateRemoteSupportSession"]>;

/** All sessions of a bot, newest first, one page in memory at a time. */
export async function* botSessions(client: Client, botId: string, pageSize = 100): AsyncGenerator<BotRow> {
  let after: string | null = null;
  do {
    const page: BotSessionsPageQuery = await client.send(BotSessionsPage, {
      filter: { botId: { eq: botId } },
      first: pageSize,
      after,
    });
    if (!page.botSessions) return; // never: `send` throws if the list was refused
    const { nodes, pageInfo } = page.botSessions;
    yield* nodes.filter((node) => node !== null);
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
  } while (after !== null);
}

/** Write a technician's notes. A refusal is data, not an exception: it is in `errors`, and `session` is null. */
export async function writeNotes(client: Client, sessionId: string, notes: string): Promise<Written> {
  const { updateRemoteSupportSession: written } = await client.send(WriteNotes, { sessionId, notes });
  if (!written) throw new QueryError([]); // never: `send` throws if the field was refused
  return written;
}
