// Type-checked, never run: what the generated types must allow, and what they must refuse.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { type FragmentType, getFragmentData, graphql } from "./gql/index.js";
import type { FilteredPageDocument, WriteNotesDocument } from "./gql/graphql.js";

const Row = graphql(`
  fragment Row on Session {
    id
    kind
    startedAt
    endedAt
    customer {
      name
    }
  }
`);

const Some = graphql(`
  query Some($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
      ...Row
      ... on ChatSession {
        messages(first: 100) {
          nodes {
            message
            source
          }
        }
      }
    }
  }
`);

export function started(reference: FragmentType<typeof Row>): string {
  const row = getFragmentData(Row, reference);
  // @ts-expect-error A session may still go on.
  const ended: string = row.endedAt;
  // @ts-expect-error The customer may be unknown.
  row.customer.name;
  return row.startedAt + ended;
}

export function texts(result: ResultOf<typeof Some>): string[] {
  // @ts-expect-error The list may have been refused.
  result.nodes.length;
  return (result.nodes ?? []).flatMap((node) => {
    // @ts-expect-error Only a chat has messages.
    node?.messages;
    if (node?.__typename !== "ChatSession") return [];
    // @ts-expect-error The list may have been refused, and a message be damaged.
    node.messages.nodes[0].message;
    return (node.messages?.nodes ?? []).map((one) => one?.message ?? "");
  });
}

export const variables: VariablesOf<typeof Some> = { ids: ["1"] };
// @ts-expect-error The variable is needed.
export const none: VariablesOf<typeof Some> = {};

export const notes: VariablesOf<typeof WriteNotesDocument> = { sessionId: "1", input: { notes: "…" } };
// @ts-expect-error There is no such field.
notes.input.noted;

export function durations(result: ResultOf<typeof FilteredPageDocument>): (number | null)[] {
  return (result.botSessions?.edges ?? []).map((edge) => edge.node?.durationSeconds ?? null);
}
