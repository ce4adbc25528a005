// The schema and the one resolver that both peers serve: the query, the projection and the cursors
// of the Python rows, over the same engine.
import { GraphQLScalarType } from 'graphql'
import { MongoClient } from 'mongodb'

export const typeDefs = `
  scalar DateTime
  enum SessionType { INTERACTIVE NON_INTERACTIVE }
  enum ContainmentType { DROP_OFF SELF_SERVICE AGENT }
  enum SessionStatus { ACTIVE CLOSED }
  type Tag { name: String! value: String }
  type Tags { userTags: [Tag!]! sessionTags: [Tag!]! }
  type BotSession {
    sessionId: String!
    botId: String!
    channel: String!
    userId: String!
    startTime: DateTime!
    endTime: DateTime
    sessionLang: [String!]!
    sessionType: SessionType!
    containmentType: ContainmentType
    isDeveloper: Boolean!
    tags: Tags!
    noOfMessagesExchanged: Int!
    noOfTasksExecuted: Int!
    status: SessionStatus!
    durationSeconds: Float
  }
  type BotSessionEdge { cursor: String! node: BotSession! }
  type PageInfo {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
  type BotSessionConnection { edges: [BotSessionEdge!]! pageInfo: PageInfo! }
  type Query { botSessions(first: Int!): BotSessionConnection! }
`

const projection = Object.fromEntries(
  ['_id', 'botId', 'channel', 'userId', 'startTime', 'endTime', 'sessionLang', 'sessionType',
    'containmentType', 'isDeveloper', 'tags', 'noOfMessagesExchanged', 'noOfTasksExecuted',
    'status', 'durationSeconds', 'startedAt'].map((name) => [name, 1])
)

const cursor = (row) =>
  Buffer.from(JSON.stringify([row.startedAt, row._id])).toString('base64')

/** Resolvers over the engine at this connection string. */
export async function connect (engine) {
  const client = await new MongoClient(engine).connect()
  const sessions = client.db('sessions').collection('bot_sessions')
  return {
    DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (date) => date.toISOString() }),
    BotSession: { sessionId: (row) => row._id },
    Query: {
      async botSessions (_, { first }) {
        const rows = await sessions.find({}, { projection })
          .sort({ startedAt: -1, _id: -1 }).limit(first + 1).toArray()
        const edges = rows.slice(0, first).map((row) => ({ cursor: cursor(row), node: row }))
        return {
          edges,
          pageInfo: {
            hasNextPage: rows.length > first,
            hasPreviousPage: false,
            startCursor: edges.at(0)?.cursor,
            endCursor: edges.at(-1)?.cursor
          }
        }
      }
    }
  }
}

/** The port and the engine's connection string from the command line. */
export function options () {
  const [port, engine] = process.argv.slice(2)
  return { port: Number(port), engine }
}
