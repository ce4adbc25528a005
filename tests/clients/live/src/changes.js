import { graphql } from "relay-runtime";

graphql`
  query changesReadQuery($botId: String!) {
    botSessions(filter: { botId: { eq: $botId } }, orderBy: [{ field: NO_OF_MESSAGES_EXCHANGED }]) {
      nodes { id sessionId channel }
    }
  }
`;
graphql`
  subscription changesSubscription($botId: String!, $after: String) {
    botSessionChanged(filter: { botId: { eq: $botId } }, after: $after) {
      action
      cursor
      session { id sessionId channel }
    }
  }
`;
