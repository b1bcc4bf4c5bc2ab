// A peer of the benchmark: coverage, claims and lists as a team would build them with Fastify and node-postgres, one process.
//
//   node server.js CONFIG.json     see tests/load/peers.py, which writes it
//
// What makes it fast: every statement is prepared, connections are pipelined, a read is one statement, bodies are validated by the
// compiled schema, answers are written by compiled shapes, tokens are remembered, nothing is logged.
//
// SPDX-License-Identifier: Apache-2.0
'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const Fastify = require('fastify')
const pg = require('pg')
const { compile, compilePacked } = require('./shape')
const { TokenChecker } = require('./token')
const { decide, instant, makeId } = require('./rules')

const conf = JSON.parse(fs.readFileSync(process.argv[2]))
const STAFF = new Set(['agent', 'manager', 'administrator', 'integration'])
const PAGE_SIZE = 50
const KEY = /^[A-Za-z0-9._:-]{1,255}$/
const CODES = ['material_defect', 'workmanship_defect']

pg.types.setTypeParser(pg.types.builtins.INT8, Number)
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number)

const answers = { coverage: compile(conf.coverage), claim: compile(conf.claim), unit: compile(conf.unit) }
const packed = { record: compilePacked(conf.record), event: compilePacked(conf.event), response: compilePacked(conf.response) }
const tokens = new TokenChecker(conf.jwks)
const secret = Buffer.from(fs.readFileSync(conf.installation_key, 'latin1').trim(), 'hex')

// ---- database ----

const clients = []
let nextClient = 0

/** Connections are pipelined, so one is taken after the other, and nobody waits for a free one. */
async function query (statement, values) {
  nextClient = (nextClient + 1) % clients.length
  const { rows } = await clients[nextClient].query({ name: statement.name, text: statement.text, values })
  return rows
}

async function connect () {
  for (let i = 0; i < conf.connections; i++) {
    const client = new pg.Client({ ...conf.database, options: '-c search_path=warranty', pipeline: true })
    await client.connect()
    clients.push(client)
  }
}

const statements = Object.fromEntries(Object.entries(conf.statements).map(([name, text]) => [name, { name, text }]))

// ---- who calls ----

class Refusal extends Error {
  constructor (statusCode, reason) {
    super(reason)
    this.statusCode = statusCode
  }
}

function authorise (request) {
  const claims = tokens.check(request.headers.authorization)
  if (claims === null) throw new Refusal(401, 'TOKEN_INVALID')
  return { subject: claims.sub, own: claims.roles.some(role => STAFF.has(role)) ? null : claims.sub }
}

function pseudonym (subject) {
  return 'p-' + crypto.createHmac('sha256', secret).update('subject\0' + subject).digest('hex').slice(0, 32)
}

async function readUnit (serial, caller) {
  const rows = await query(statements.read_unit, [serial])
  if (rows.length === 0 || (caller.own !== null && rows[0].owner_id !== caller.own)) throw new Refusal(404, 'UNIT_MISSING')
  return rows[0]
}

// ---- routes ----

const app = Fastify({ logger: false, exposeHeadRoutes: false })

function send (reply, text) {
  reply.header('content-type', 'application/json').header('cache-control', 'no-store')
  return reply.send(text)
}

app.get('/v1/units/:serial/coverage', async (request, reply) => {
  const unit = await readUnit(request.params.serial, authorise(request))
  return send(reply, answers.coverage(decide(unit, Date.now())))
})

app.get('/v1/units', {
  schema: {
    querystring: {
      type: 'object',
      properties: { page_size: { type: 'integer', minimum: 0, maximum: 500 }, page_token: { type: 'string' } },
      additionalProperties: false
    }
  }
}, async (request, reply) => {
  const caller = authorise(request)
  if (caller.own !== null) throw new Refusal(403, 'ROLE_MISSING')
  const size = request.query.page_size || PAGE_SIZE
  const after = Buffer.from(request.query.page_token ?? '', 'base64url').toString().replace(/\0$/, '')
  const rows = await query(statements.list_units, [after, size + 1])
  const count = Math.min(rows.length, size)
  let text = '{"units":['
  for (let i = 0; i < count; i++) {
    rows[i].record_time = instant(rows[i].record_time)
    text += (i > 0 ? ',' : '') + answers.unit(rows[i])
  }
  const token = rows.length > size ? Buffer.from(rows[count - 1].serial + '\0').toString('base64url') : ''
  return send(reply, `${text}],"next_page_token":"${token}"}`)
})

const claimSchema = {
  type: 'object',
  properties: {
    serial: { type: 'string', minLength: 1, maxLength: 64 },
    cause: { type: 'string', enum: CODES },
    description: { type: 'string', minLength: 1, maxLength: 4000 },
    contact: {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 200 },
        email: { type: 'string', maxLength: 254 },
        language: { type: 'string', maxLength: 35 }
      },
      required: ['name', 'email', 'language'],
      additionalProperties: false
    }
  },
  required: ['serial', 'cause', 'description', 'contact'],
  additionalProperties: false
}

app.post('/v1/claims', { schema: { body: claimSchema } }, async (request, reply) => {
  const caller = authorise(request)
  const key = request.headers['idempotency-key']
  if (key === undefined || !KEY.test(key)) throw new Refusal(400, 'IDEMPOTENCY_KEY_MALFORMED')
  const { serial, cause, description, contact } = request.body
  const unit = await readUnit(serial, caller)
  const nowMs = Date.now()
  const v = decide(unit, nowMs)
  v.claim_id = makeId(nowMs)
  v.now_second = v.now.slice(0, 19) + 'Z'
  v.cause = cause
  v.description = description
  v.contact_name = contact.name
  v.contact_email = contact.email
  v.contact_language = contact.language
  const fingerprint = crypto.createHash('sha256').update('CreateClaim').update(JSON.stringify(request.body)).digest()
  const [done] = await query(statements.create_claim, [
    pseudonym(caller.subject), key, fingerprint, packed.response(v), v.now, makeId(nowMs), pseudonym(unit.owner_id),
    crypto.randomBytes(16).toString('hex'), packed.event(v), serial, unit.version, unit.claim_count, v.claim_id, v.today,
    v.decision_id, conf.decide_by, cause, description, contact.name, contact.email, contact.language, unit.owner_id,
    packed.record(v), makeId(nowMs)])
  if (done.locked === 0) throw new Refusal(409, 'LOST_RACE')
  if (done.changed === 0) throw new Refusal(409, 'KEY_USED')
  reply.code(201).header('location', `/v1/claims/${v.claim_id}`).header('etag', '"1"')
  return send(reply, answers.claim(v))
})

connect()
  .then(() => app.listen({ host: '127.0.0.1', port: conf.port, backlog: 1024 }))
  .then(() => console.log('ready'))
process.on('SIGTERM', () => process.exit(0))
