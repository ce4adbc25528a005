// Mercurius on Fastify with graphql-jit from the first request: node mercurius.js PORT ENGINE
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { connect, options, typeDefs } from './sessions.js'

const { port, engine } = options()
const app = Fastify({ logger: false })
app.register(mercurius, { schema: typeDefs, resolvers: await connect(engine), jit: 1 })
app.get('/healthz', async () => ({ status: 'ok' }))
await app.listen({ port, host: '127.0.0.1' })
