import { z } from 'zod';
import { Json, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const TraceState = z.enum(['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS']);
const SpanStatus = z.enum(['UNSET', 'OK', 'ERROR']);
const TraceId = z.object({ id: z.string().min(1).max(256) });

/** A judgement on a trace or one of its spans. */
export const TraceAssessment = z.object({
  id: z.string(),
  kind: z.enum(['feedback', 'expectation', 'issue']),
  name: z.string(),
  value: Json,
  error: z
    .object({ code: z.string(), message: z.string().optional(), stackTrace: z.string().optional() })
    .optional(),
  rationale: z.string().optional(),
  /** `HUMAN`, `LLM_JUDGE`, `CODE`, … */
  sourceType: z.string(),
  sourceId: z.string().optional(),
  spanId: z.string().optional(),
  runId: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  /** The assessment that this one stands in place of. */
  overrides: z.string().optional(),
  /** False once another stands in its place. */
  valid: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type TraceAssessment = z.infer<typeof TraceAssessment>;

/** One request to a program that works with language models, as its spans and its client tell of it. */
export const LlmTrace = z.object({
  /** As its client made it: `tr-` and 32 hexadecimal characters. */
  id: z.string(),
  experimentId: z.string(),
  name: z.string().optional(),
  requestedAt: Timestamp,
  durationMs: z.number().optional(),
  state: TraceState,
  clientRequestId: z.string().optional(),
  requestPreview: z.string().optional(),
  responsePreview: z.string().optional(),
  /** Numbers of tokens: `input_tokens`, `output_tokens`, `total_tokens`, …. */
  tokens: z.record(z.string(), z.number()).optional(),
  tags: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.string()),
  assessments: z.array(TraceAssessment),
});
export type LlmTrace = z.infer<typeof LlmTrace>;

/** A step of a trace. */
export const LlmSpan = z.object({
  id: z.string(),
  parentId: z.string().optional(),
  /** How many spans lie above it. */
  depth: z.number().int(),
  name: z.string(),
  /** `LLM`, `TOOL`, `CHAIN`, … */
  type: z.string().optional(),
  status: SpanStatus,
  statusMessage: z.string().optional(),
  /** Milliseconds since 1970, with fractions down to microseconds. */
  startedAt: z.number(),
  endedAt: z.number().optional(),
  attributes: z.record(z.string(), Json),
  events: z.array(z.object({ name: z.string(), at: z.number(), attributes: z.record(z.string(), Json) })),
});
export type LlmSpan = z.infer<typeof LlmSpan>;

/** Operations of the room llm. */
export const llmApi = {
  listTraces: route({
    id: 'llm.listTraces',
    method: 'GET',
    path: '/api/v1/traces',
    access: 'traces:read',
    summary: 'Lists traces of language models.',
    query: PageQuery.extend({
      /** Id of an experiment. */
      experiment: z.string().max(128).optional(),
      /** Conditions joined by AND: `state = 'ERROR' and span.name = 'search' and tags.env = 'live' and feedback.quality > 0.5`. */
      filter: z.string().max(4000).optional(),
      /** `requestedAt desc` (default), `durationMs desc`, `name`, `tags.env`, …. Missing values come last. */
      orderBy: z.string().max(300).optional(),
    }),
    response: pageOf(LlmTrace),
  }),
  getTrace: route({
    id: 'llm.getTrace',
    method: 'GET',
    path: '/api/v1/traces/:id',
    access: 'traces:read',
    summary: 'Shows what is known of a trace as a whole.',
    params: TraceId,
    response: LlmTrace,
  }),
  deleteTrace: route({
    id: 'llm.deleteTrace',
    method: 'DELETE',
    path: '/api/v1/traces/:id',
    access: 'traces:write',
    summary: 'Deletes a trace with its spans and assessments.',
    params: TraceId,
    response: z.object({}),
  }),
  listSpans: route({
    id: 'llm.listSpans',
    method: 'GET',
    path: '/api/v1/traces/:id/spans',
    access: 'traces:read',
    summary: 'Lists the spans of a trace as a tree is read: each before those it called.',
    params: TraceId,
    query: PageQuery,
    response: pageOf(LlmSpan).extend({
      /** Of the whole trace. */
      total: z.number().int(),
    }),
  }),
} as const;
