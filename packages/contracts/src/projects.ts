import { z } from 'zod';
import { NodeRef } from './lineage.ts';
import { ByName, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/**
 * How success is measured. `margin` is in units of the metric: a model beats the baseline when the lower end of the
 * interval of its advantage exceeds the margin, and is not worse than the live one when that end exceeds its negative.
 */
const SuccessMetric = z.strictObject({
  name: z.enum(['pr_auc', 'roc_auc', 'f1', 'accuracy', 'log_loss', 'brier', 'rmse', 'mae', 'r2']),
  direction: z.enum(['maximize', 'minimize']),
  margin: z.number().min(0),
  /** Name of the baseline, as the evaluation calls it: `rule`, `logistic`, …. */
  baseline: z.string().min(1).max(128),
});

/** What the model must keep to where it serves. Milliseconds, requests per second, bytes. */
const Sla = z.strictObject({
  p95Ms: z.number().positive(),
  throughputPerSecond: z.number().positive().optional(),
  maxModelBytes: z.number().int().positive().optional(),
  maxMemoryBytes: z.number().int().positive().optional(),
});

/** What a decision is worth, in one currency, per month. */
const RoiInputs = z.strictObject({
  currency: z.string().length(3).default('USD'),
  /** Cases the model will judge in a month. */
  casesPerMonth: z.number().min(0),
  /** Share of the cases that are truly positive, 0 to 1. */
  positiveShare: z.number().min(0).max(1),
  /** What it is worth to have caught one positive case. */
  valueOfCatch: z.number().min(0),
  /** What acting on one false alarm costs. */
  costOfFalseAlarm: z.number().min(0),
  /** Running the model: compute, people. */
  monthlyCost: z.number().min(0).default(0),
});

const RiskClass = z.enum(['minimal', 'limited', 'high']);

const fields = {
  title: z.string().min(1).max(200),
  /** The business problem, in the words of its owner. */
  problem: z.string().min(1).max(10_000),
  successMetric: SuccessMetric,
  sla: Sla,
  roi: RoiInputs.optional(),
  riskClass: RiskClass,
  /** Columns by which fairness is measured. */
  sensitiveAttributes: z.array(z.string().min(1).max(128)).max(50),
  /** Signed statement that no sensitive attribute exists; needed when the list is empty. */
  sensitiveStatement: z.string().min(10).max(2000).optional(),
};

export const NewProject = z.strictObject({ name: Name, ...fields });
export const ProjectPatch = z.strictObject(fields).partial();

export const LifecycleStage = z.enum([
  'problem',
  'data',
  'features',
  'training',
  'evaluation',
  'gate',
  'registry',
  'deployment',
  'monitoring',
  'retraining',
]);
export type LifecycleStage = z.infer<typeof LifecycleStage>;

/** Where the project has been: first and last time, how often, and what last got it there. */
const StageReached = z.object({
  stage: LifecycleStage,
  firstAt: Timestamp.nullable(),
  lastAt: Timestamp.nullable(),
  times: z.number().int(),
  node: NodeRef.nullable(),
});

export const Project = z.object({
  name: Name,
  ...fields,
  revision: z.number().int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});

/** What every earlier version of the record said, and when: rules ask what was promised before a run. */
const ProjectRevision = z.object({
  revision: z.number().int(),
  at: Timestamp,
  actor: z.string(),
  record: Project,
});

const RoiEstimate = z.object({
  currency: z.string(),
  caughtPerMonth: z.number(),
  missedPerMonth: z.number(),
  falseAlarmsPerMonth: z.number(),
  valuePerMonth: z.number(),
  /** Below this precision acting on an alarm costs more than it brings; null when nothing is at stake. */
  breakEvenPrecision: z.number().nullable(),
  /** Against the baseline's precision and recall, when they were given. */
  gainOverBaseline: z.number().nullable(),
});

const Performance = z.strictObject({ precision: z.number().min(0).max(1), recall: z.number().min(0).max(1) });

export const projectsApi = {
  createProject: route({
    id: 'projects.createProject',
    method: 'POST',
    path: '/api/v1/projects',
    access: 'projects:write',
    summary: 'Opens a project: problem, success metric with margin, SLA, return, risk class.',
    body: NewProject,
    response: Project,
    status: 201,
  }),
  projects: route({
    id: 'projects.projects',
    method: 'GET',
    path: '/api/v1/projects',
    access: 'projects:read',
    summary: 'Lists projects, newest first.',
    query: PageQuery,
    response: pageOf(Project.extend({ lifecycle: z.array(StageReached) })),
  }),
  project: route({
    id: 'projects.project',
    method: 'GET',
    path: '/api/v1/projects/:name',
    access: 'projects:read',
    summary: 'Shows a project with the stages of the life cycle it has reached.',
    params: ByName,
    response: Project.extend({ lifecycle: z.array(StageReached) }),
  }),
  updateProject: route({
    id: 'projects.updateProject',
    method: 'PATCH',
    path: '/api/v1/projects/:name',
    access: 'projects:write',
    summary: 'Changes the record; the earlier one is kept.',
    params: ByName,
    body: ProjectPatch,
    response: Project,
  }),
  projectHistory: route({
    id: 'projects.projectHistory',
    method: 'GET',
    path: '/api/v1/projects/:name/history',
    access: 'projects:read',
    summary: 'Lists every version of the record, newest first.',
    params: ByName,
    response: z.object({ items: z.array(ProjectRevision) }),
  }),
  estimateRoi: route({
    id: 'projects.estimateRoi',
    method: 'POST',
    path: '/api/v1/projects/:name/roi',
    access: 'projects:read',
    summary:
      'Estimates what a model of this precision and recall is worth in a month, by the inputs of the project.',
    params: ByName,
    body: Performance.extend({ baseline: Performance.optional() }),
    response: RoiEstimate,
  }),
} as const;
