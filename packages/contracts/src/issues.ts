import { z } from 'zod';
import { ById, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const IssueStatus = z.enum(['pending', 'rejected', 'resolved']);
/** From the least to the most. */
export const IssueSeverity = z.enum(['not_an_issue', 'low', 'medium', 'high']);

const IssueName = z.string().trim().min(1).max(250);
const IssueDescription = z.string().max(50_000);
/** Causes, or categories. */
const IssueWords = z.array(z.string().min(1).max(5_000)).max(100);

/** What goes wrong with a program that works with language models, as its traces show. */
export const LlmIssue = z.object({
  /** `iss-` and 32 hexadecimal characters. */
  id: z.string(),
  experimentId: z.string(),
  name: z.string(),
  description: z.string(),
  status: IssueStatus,
  /** Absent while nobody has judged it. */
  severity: IssueSeverity.optional(),
  rootCauses: z.array(z.string()),
  categories: z.array(z.string()),
  /** The run that found it, as whoever told of it says. */
  sourceRunId: z.string().optional(),
  /** Who found it, as whoever told of it says. */
  foundBy: z.string().optional(),
  /** How many traces show it. */
  traces: z.number().int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type LlmIssue = z.infer<typeof LlmIssue>;

/** Issues of programs that work with language models; the MLflow protocol reaches the same ones. */
export const issuesApi = {
  listIssues: route({
    id: 'llm.listIssues',
    method: 'GET',
    path: '/api/v1/issues',
    access: 'traces:read',
    summary: 'Lists issues: the severest first, of those the ones that most traces show, then the newest.',
    query: PageQuery.extend({
      /** Id of an experiment. */
      experiment: z.string().max(128).optional(),
      status: IssueStatus.optional(),
      severity: IssueSeverity.optional(),
      /** Id of the run that found it. */
      run: z.string().max(128).optional(),
      /** Stands in the name, the description, the causes or the categories, in whatever case. */
      text: z.string().max(500).optional(),
    }),
    response: pageOf(LlmIssue),
  }),
  createIssue: route({
    id: 'llm.createIssue',
    method: 'POST',
    path: '/api/v1/issues',
    access: 'traces:write',
    summary: 'Tells of an issue of an experiment; it is pending.',
    body: z.strictObject({
      /** Id of the experiment. */
      experiment: z.string().min(1).max(128),
      name: IssueName,
      description: IssueDescription.default(''),
      severity: IssueSeverity.optional(),
      rootCauses: IssueWords.default([]),
      categories: IssueWords.default([]),
    }),
    response: LlmIssue,
    status: 201,
  }),
  getIssue: route({
    id: 'llm.getIssue',
    method: 'GET',
    path: '/api/v1/issues/:id',
    access: 'traces:read',
    summary: 'Shows an issue.',
    params: ById,
    response: LlmIssue,
  }),
  changeIssue: route({
    id: 'llm.changeIssue',
    method: 'PATCH',
    path: '/api/v1/issues/:id',
    access: 'traces:write',
    summary: 'Changes what is said of an issue: status, severity, words. What is not named stays.',
    params: ById,
    body: z.strictObject({
      name: IssueName.optional(),
      description: IssueDescription.optional(),
      status: IssueStatus.optional(),
      /** Null takes the judgement away. */
      severity: IssueSeverity.nullable().optional(),
      rootCauses: IssueWords.optional(),
      categories: IssueWords.optional(),
    }),
    response: LlmIssue,
  }),
  deleteIssue: route({
    id: 'llm.deleteIssue',
    method: 'DELETE',
    path: '/api/v1/issues/:id',
    access: 'traces:write',
    summary: 'Deletes an issue, and from traces that they show it.',
    params: ById,
    response: z.object({}),
  }),
  linkIssue: route({
    id: 'llm.linkIssue',
    method: 'POST',
    path: '/api/v1/issues/:id/traces',
    access: 'traces:write',
    summary: 'Says of a trace that it shows the issue; nothing happens when that was said before.',
    params: ById,
    body: z.strictObject({
      /** Id of the trace. */
      trace: z.string().min(1).max(256),
      rationale: z.string().max(20_000).optional(),
    }),
    response: z.object({}),
  }),
  unlinkIssue: route({
    id: 'llm.unlinkIssue',
    method: 'DELETE',
    path: '/api/v1/issues/:id/traces/:trace',
    access: 'traces:write',
    summary: 'Takes back that a trace shows the issue; nothing happens when it was not said.',
    params: ById.extend({ trace: z.string().min(1).max(256) }),
    response: z.object({}),
  }),
} as const;
