/** A typed client over fetch: the document decides which variables it takes and what it returns. */

import type { TypedDocumentString } from "./gql/graphql.js";

interface Refusal {
  message: string;
  extensions?: { code?: string };
}

/** The query was refused, or failed in part. `code` is the first error's, such as UNAUTHENTICATED. */
export class QueryError extends Error {
  readonly code: string;

  constructor(errors: Refusal[]) {
    super(errors.map((error) => error.message).join("\n"));
    this.code = errors[0]?.extensions?.code ?? "UNKNOWN";
  }
}

export class Client {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async send<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json",
        Authorization: `Bearer ${this.key}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal: AbortSignal.timeout(10_000),
    });
    const answer = (await response.json()) as { data?: Result | null; errors?: Refusal[] };
    if (answer.errors || !answer.data) throw new QueryError(answer.errors ?? []);
    return answer.data;
  }
}
