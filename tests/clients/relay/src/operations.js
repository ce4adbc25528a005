import { graphql } from "relay-runtime";

export const page = graphql`
  query operationsPageQuery($botId: String!, $count: Int!) {
    ...operations_bots @arguments(botId: $botId, count: $count)
  }
`;

export const bots = graphql`
  fragment operations_bots on Query
  @refetchable(queryName: "operationsNextPageQuery")
  @argumentDefinitions(
    botId: { type: "String!" }
    count: { type: "Int", defaultValue: 5 }
    cursor: { type: "String" }
  ) {
    botSessions(
      filter: { botId: { eq: $botId } }
      orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]
      first: $count
      after: $cursor
    ) @connection(key: "operations_botSessions", filters: ["filter", "orderBy"]) {
      edges {
        node {
          sessionId
          noOfMessagesExchanged
          ...operations_bot
        }
      }
    }
  }
`;

export const bot = graphql`
  fragment operations_bot on BotSession @refetchable(queryName: "operationsBotRefetchQuery") {
    id
    channel
    startedAt
    tags {
      userTags {
        name
        value
      }
    }
  }
`;

export const session = graphql`
  fragment operations_session on Session @refetchable(queryName: "operationsSessionRefetchQuery") {
    kind
    status
    customer {
      customerId
      name
    }
  }
`;

export const node = graphql`
  query operationsNodeQuery($id: ID!) {
    node(id: $id) {
      id
      __typename
      ...operations_session @alias(as: "session")
      ... on BotSession {
        channel
      }
    }
  }
`;

export const chat = graphql`
  query operationsChatQuery($sessionId: String!) {
    chatSession(sessionId: $sessionId) {
      messages {
        nodes {
          messageId
          message
        }
      }
    }
  }
`;

export const change = graphql`
  mutation operationsChangeMutation($sessionId: String!, $input: UpdateBotSessionInput!) {
    updateBotSession(sessionId: $sessionId, input: $input) {
      session {
        channel
      }
      errors {
        code
        field
        message
      }
    }
  }
`;

export const remove = graphql`
  mutation operationsRemoveMutation($sessionId: String!) {
    deleteBotSession(sessionId: $sessionId) {
      deletedId @deleteRecord
      errors {
        code
        message
      }
    }
  }
`;
