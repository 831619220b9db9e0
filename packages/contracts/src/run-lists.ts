import { z } from 'zod';
import { Name, Timestamp } from './primitives.ts';
import { route } from './route.ts';
import { MetricValue, RunSearchQuery } from './tracking.ts';

/** Whose runs are looked at; those of the whole workspace unless given. */
const RunScope = z.object({
  /** Name of an experiment. */
  experiment: z.string().max(500).optional(),
  project: Name.optional(),
});

/** A field as filters write it: `metrics.auc`, `` params.`a b` ``, `status`. */
const RunFieldText = z.string().min(1).max(300);

export const RunNames = z.object({
  metrics: z.array(z.string()),
  params: z.array(z.string()),
  tags: z.array(z.string()),
  /** Whether every name is there: of each kind the first 1000 are given, and the newest 25,000 runs are looked at. */
  complete: z.boolean(),
});
export type RunNames = z.infer<typeof RunNames>;

const Measure = z.object({
  mean: MetricValue,
  min: MetricValue,
  max: MetricValue,
  /** Runs of the group that have the metric as a number. */
  runs: z.number().int(),
});

export const RunGroup = z.object({
  /** Null for the runs without one. */
  value: z.string().nullable(),
  runs: z.number().int(),
  /** Of the latest values, by the name of the metric; absent where no run of the group has it. */
  metrics: z.record(z.string(), Measure),
});

const NewestRun = z.object({ startedAt: Timestamp, id: z.string().max(128) });

/** What lists of runs are made with. */
export const runListsApi = {
  runNames: route({
    id: 'tracking.runNames',
    method: 'GET',
    path: '/api/v1/runs/names',
    access: 'tracking:read',
    summary: 'Lists the names of metrics, parameters and tags that runs have; up to half a minute old.',
    query: RunScope,
    response: RunNames,
  }),
  runValues: route({
    id: 'tracking.runValues',
    method: 'GET',
    path: '/api/v1/runs/values',
    access: 'tracking:read',
    summary: 'Lists the most frequent values of a parameter, a tag or an attribute that runs have.',
    query: RunScope.extend({
      field: RunFieldText,
      /** What the values begin with, whatever the case. */
      prefix: z.string().max(200).default(''),
    }),
    response: z.object({
      /** At most 50, the most frequent first. */
      values: z.array(z.object({ value: z.string(), runs: z.number().int() })),
    }),
  }),
  groupRuns: route({
    id: 'tracking.groupRuns',
    method: 'GET',
    path: '/api/v1/runs/groups',
    access: 'tracking:read',
    summary:
      'Counts the runs that a search finds by the value of a field, with mean, least and greatest of metrics.',
    query: RunSearchQuery.omit({ cursor: true, orderBy: true, columns: true }).extend({
      /** A parameter, a tag, or one of `status`, `experiment`, `createdBy`. */
      by: RunFieldText,
      /** Comma-separated `metrics.x` to measure, at most 20. */
      metrics: z.string().max(4000).optional(),
    }),
    response: z.object({
      /** The largest first; at most `limit`. */
      groups: z.array(RunGroup),
      /** How many groups there are. */
      total: z.number().int(),
    }),
  }),
  watchRuns: route({
    id: 'tracking.watchRuns',
    method: 'POST',
    path: '/api/v1/runs/watch',
    access: 'tracking:read',
    summary:
      'Waits, 20 seconds at most, until one of the runs has changed or another has started, and says which.',
    body: RunSearchQuery.omit({ limit: true, cursor: true, orderBy: true, columns: true }).extend({
      /** Runs to look at, each with its mark of the last answer; one without a mark is answered at once. */
      runs: z.array(z.object({ id: z.string().max(128), mark: z.string().max(100).optional() })).max(200),
      /** The newest run known: those that the search finds behind it are counted. They are not where it is absent. */
      newest: NewestRun.optional(),
    }),
    response: z.object({
      /** Those that are not as their marks say. A run that is gone is left out. */
      changed: z.array(z.object({ id: z.string(), mark: z.string() })),
      /** Runs that started behind the newest known, at most 1000. */
      started: z.number().int(),
    }),
  }),
} as const;
