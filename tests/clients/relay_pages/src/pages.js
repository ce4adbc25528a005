import { graphql } from "relay-runtime";

export const bothWays = graphql`
  fragment pages_both on Query
  @refetchable(queryName: "pagesBothRefetchQuery")
  @argumentDefinitions(
    botId: { type: "String!" }
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    botSessions(
      filter: { botId: { eq: $botId } }
      orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]
      first: $first
      after: $after
      last: $last
      before: $before
    ) @connection(key: "pages_botSessions", filters: ["filter", "orderBy"]) {
      edges {
        cursor
        node {
          noOfMessagesExchanged
        }
      }
    }
  }
`;

export const fromTheEnd = graphql`
  query pagesFromTheEndQuery($botId: String!) {
    ...pages_both @arguments(botId: $botId, last: 5)
  }
`;

export const fromTheMiddle = graphql`
  query pagesFromTheMiddleQuery($botId: String!, $after: String) {
    ...pages_both @arguments(botId: $botId, first: 3, after: $after)
  }
`;

export const backward = graphql`
  fragment pages_backward on Query
  @refetchable(queryName: "pagesBackwardRefetchQuery")
  @argumentDefinitions(
    botId: { type: "String!" }
    count: { type: "Int", defaultValue: 5 }
    cursor: { type: "String" }
  ) {
    botSessions(
      filter: { botId: { eq: $botId } }
      orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]
      last: $count
      before: $cursor
    ) @connection(key: "pages_backward_botSessions", filters: ["filter", "orderBy"]) {
      edges {
        cursor
        node {
          noOfMessagesExchanged
        }
      }
    }
  }
`;

export const backwardOnly = graphql`
  query pagesBackwardOnlyQuery($botId: String!) {
    ...pages_backward @arguments(botId: $botId)
  }
`;

export const defaults = graphql`
  fragment pages_defaults on Query
  @refetchable(queryName: "pagesDefaultsRefetchQuery")
  @argumentDefinitions(
    botId: { type: "String!" }
    first: { type: "Int", defaultValue: 5 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    botSessions(
      filter: { botId: { eq: $botId } }
      orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]
      first: $first
      after: $after
      last: $last
      before: $before
    ) @connection(key: "pages_defaults_botSessions", filters: ["filter", "orderBy"]) {
      edges {
        cursor
        node {
          noOfMessagesExchanged
        }
      }
    }
  }
`;

export const withDefaults = graphql`
  query pagesWithDefaultsQuery($botId: String!, $after: String) {
    ...pages_defaults @arguments(botId: $botId, after: $after)
  }
`;
