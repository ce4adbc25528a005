// Apollo Server 5 as its documentation starts it: node apollo.js PORT ENGINE
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { connect, options, typeDefs } from './sessions.js'

const { port, engine } = options()
const server = new ApolloServer({ typeDefs, resolvers: await connect(engine) })
await startStandaloneServer(server, { listen: { port, host: '127.0.0.1' } })
