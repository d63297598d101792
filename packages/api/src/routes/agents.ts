import { z } from 'zod'
import { longestLeaseWaitMs } from '../agent-protocol.ts'
import { defineRoute } from '../route.ts'
import {
  agentEventSchema,
  agentOutcomeSchema,
  agentReportSchema,
  agentSelfSchema,
  agentViewSchema,
  assignmentSchema,
} from '../view/agent-view.ts'
import { durationMsSchema, instantSchema, nameSchema } from '../view/instant.ts'

const runSchema = z.string().min(1).max(80)
/** Counted up twice a minute: it never gets there. */
const stampSchema = z
  .int()
  .min(0)
  .max(2 ** 52)
const runsSchema = z.array(runSchema).max(100)

/** What people ask about agents. */
const peopleRoutes = {
  'agents.list': defineRoute({
    name: 'agents.list',
    method: 'GET',
    path: '/api/v1/agents',
    summary: 'List the agents, and when each was seen last',
    role: 'viewer',
    reply: { kind: 'json', schema: z.strictObject({ agents: z.array(agentViewSchema) }) },
  }),
  'agents.add': defineRoute({
    name: 'agents.add',
    method: 'POST',
    path: '/api/v1/agents',
    summary: 'Make a token with which an agent gets in once',
    description: 'The token is shown here and nowhere else. One that was made before and not used no longer holds.',
    role: 'admin',
    act: 'agent.add',
    subject: ['name'],
    body: z.strictObject({
      name: nameSchema,
      validForMs: z
        .int()
        .min(60_000)
        .max(30 * 86_400_000)
        .default(3_600_000),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({ name: z.string(), token: z.string(), expiresAt: instantSchema }),
      status: 201,
    },
  }),
  'agents.remove': defineRoute({
    name: 'agents.remove',
    method: 'DELETE',
    path: '/api/v1/agents/:agent',
    summary: 'Take back what lets an agent in',
    description: 'Its secret is worth nothing at once. What it has backed up stays.',
    role: 'admin',
    act: 'agent.remove',
    params: z.strictObject({ agent: nameSchema }),
    reply: { kind: 'json', schema: z.strictObject({ name: z.string(), wasKnown: z.boolean() }) },
  }),
}

/** What agents ask. */
const workRoutes = {
  'agents.enrol': defineRoute({
    name: 'agents.enrol',
    method: 'POST',
    path: '/api/v1/agents/enrol',
    summary: 'Exchange an enrolment token for a secret that the agent has made itself',
    description:
      'The agent makes its secret itself and sends the SHA-256 of it. An agent that did not hear the answer may send the same again.',
    role: 'public',
    act: 'agent.enrol',
    answeredSubject: ['name'],
    body: z.strictObject({
      token: z.string().min(1).max(512),
      secretDigest: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    reply: { kind: 'json', schema: z.strictObject({ name: z.string() }) },
  }),
  'agents.hello': defineRoute({
    name: 'agents.hello',
    method: 'POST',
    path: '/api/v1/agents/hello',
    summary: 'Say who one is, and learn whether both sides understand each other',
    role: 'agent',
    // looser than all others: it must be understood by servers of every age
    body: z.looseObject({
      self: z.looseObject({ ...agentSelfSchema.shape }),
      isStart: z.boolean().describe('The runs that an earlier process of this agent had are free again.'),
      holds: runsSchema.describe('Runs whose results are still to be delivered.'),
      stamp: stampSchema
        .optional()
        .describe('What the last answer to this question said: a copy of the state directory has not got it.'),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        name: z.string(),
        version: z.string(),
        protocol: z.number(),
        leaseMs: durationMsSchema,
        capacity: z.number().min(1),
        stamp: stampSchema.describe('To be kept, and shown the next time.'),
      }),
    },
  }),
  'agents.lease': defineRoute({
    name: 'agents.lease',
    method: 'POST',
    path: '/api/v1/agents/lease',
    summary: 'Take the next run, or wait for one',
    role: 'agent',
    body: z.strictObject({
      self: agentSelfSchema,
      holds: runsSchema.describe('Runs that this process has already; another one of its own is told to it again.'),
      waitMs: z.int().min(0).max(longestLeaseWaitMs).default(0),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({ assignment: assignmentSchema.optional(), capacity: z.number().min(1) }),
    },
  }),
  'agents.heartbeat': defineRoute({
    name: 'agents.heartbeat',
    method: 'POST',
    path: '/api/v1/agents/heartbeat',
    summary: 'Keep a run, and hear whether it is to be stopped',
    role: 'agent',
    body: z.strictObject({ self: agentSelfSchema, run: runSchema }),
    reply: { kind: 'json', schema: z.strictObject({ isLost: z.boolean(), isCancelRequested: z.boolean() }) },
  }),
  'agents.finish': defineRoute({
    name: 'agents.finish',
    method: 'POST',
    path: '/api/v1/agents/finish',
    summary: 'Say how a run ended, and what it made',
    role: 'agent',
    body: z.strictObject({
      self: agentSelfSchema,
      run: runSchema,
      leasedBy: agentSelfSchema.shape.instance.describe('The process of this agent that did it.'),
      outcome: agentOutcomeSchema,
      report: agentReportSchema.optional(),
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({ counts: z.boolean().describe('False when the run was no longer of that process.') }),
    },
  }),
  'agents.release': defineRoute({
    name: 'agents.release',
    method: 'POST',
    path: '/api/v1/agents/release',
    summary: 'Hand a run back that is not going to be done',
    role: 'agent',
    body: z.strictObject({ self: agentSelfSchema, run: runSchema }),
    reply: { kind: 'json', schema: z.strictObject({ isReleased: z.boolean() }) },
  }),
  'agents.events': defineRoute({
    name: 'agents.events',
    method: 'POST',
    path: '/api/v1/agents/events',
    summary: 'Say what happens during a run',
    role: 'agent',
    body: z.strictObject({ self: agentSelfSchema, run: runSchema, events: z.array(agentEventSchema).min(1).max(100) }),
    reply: { kind: 'json', schema: z.strictObject({ isHeard: z.boolean() }) },
  }),
}

export const agentRoutes = { ...peopleRoutes, ...workRoutes }
export type AgentRoutes = typeof agentRoutes
