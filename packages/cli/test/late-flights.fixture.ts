import type { EsteiraClient } from '@esteira/sdk';
import { streamOf } from './flights.fixture.ts';

export type Job = Awaited<ReturnType<EsteiraClient['jobs']['get']>>;
export type PipelineRun = Awaited<ReturnType<EsteiraClient['pipelines']['getRun']>>;

/** A project that foretells late flights: contract, features and pipeline over the dataset `flights`. */
export const contract = {
  apiVersion: 'v3.1.0',
  kind: 'DataContract',
  id: 'flights',
  version: '1.0.0',
  status: 'active',
  schema: [
    {
      name: 'flights',
      logicalType: 'object',
      properties: [
        { name: 'date', logicalType: 'timestamp', required: true },
        { name: 'delay', logicalType: 'integer', required: true },
        {
          name: 'distance',
          logicalType: 'integer',
          required: true,
          logicalTypeOptions: { minimum: 1, maximum: 6000 },
        },
        {
          name: 'origin',
          logicalType: 'string',
          required: true,
          logicalTypeOptions: { pattern: '^[A-Z]{3}$' },
        },
        { name: 'destination', logicalType: 'string', required: true },
      ],
    },
  ],
};

/** A flight's delay is known when it has landed. */
const knownAt = 'date + INTERVAL 60 MINUTE + to_seconds(10 * distance)';

const views = {
  origin_departures: {
    entity: 'airport',
    source: 'flights',
    keys: { airport: 'origin' },
    knownAt,
    derive: { late: 'CASE WHEN delay > 15 THEN 1.0 ELSE 0.0 END' },
    features: [
      { name: 'flights_3h', aggregate: 'count', window: 'PT3H' },
      { name: 'delay_6h', aggregate: 'mean', column: 'delay', window: 'PT6H' },
      { name: 'late_24h', aggregate: 'mean', column: 'late', window: 'P1D' },
    ],
  },
  network_now: {
    entity: 'network',
    source: 'flights',
    keys: {},
    knownAt,
    features: [{ name: 'delay_3h', aggregate: 'mean', column: 'delay', window: 'PT3H' }],
  },
} as const;

export async function openProject(client: EsteiraClient, sla = { p95Ms: 50 }): Promise<void> {
  await client.projects.createProject({
    body: {
      name: 'late-flights',
      title: 'Will it be late?',
      problem: 'Tell at departure which flights arrive more than 15 minutes late.',
      successMetric: { name: 'pr_auc', direction: 'maximize', margin: 0, baseline: 'rule' },
      sla,
      riskClass: 'minimal',
      sensitiveAttributes: [],
      sensitiveStatement: 'A flight carries no attribute of a person.',
    },
  });
  await openDataset(client, 'flights');
}

/** A dataset with the contract. */
export async function openDataset(client: EsteiraClient, name: string): Promise<void> {
  await client.datasets.create({ body: { name, project: 'late-flights' } });
  await client.datasets.putContract({ params: { name }, body: { document: contract } });
}

export async function defineFeatures(client: EsteiraClient): Promise<void> {
  const { featureStore } = client;
  await featureStore.putEntity({ params: { name: 'airport' }, body: { joinKeys: ['airport'] } });
  await featureStore.putEntity({ params: { name: 'network' }, body: { joinKeys: [] } });
  for (const [name, body] of Object.entries(views))
    await featureStore.putFeatureView({ params: { name }, body: { ...body, features: [...body.features] } });
  await featureStore.putFeatureService({
    params: { name: 'late_flights' },
    body: {
      features: [
        { view: 'origin_departures', keys: { airport: 'origin' }, prefix: 'dep' },
        { view: 'network_now', keys: {}, prefix: 'net' },
      ],
      onDemand: [
        { name: 'distance', expression: 'distance' },
        { name: 'hour', expression: 'hour(date) + minute(date) / 60.0' },
      ],
    },
  });
}

export interface PipelineOptions {
  readonly label?: string;
  readonly trials?: number;
  readonly iterations?: number;
}

/** The file of the pipeline: data from the 1st of January 2001, training from the 3rd, testing from the 11th. */
function pipelineFile(options: PipelineOptions = {}): string {
  const { label = 'CASE WHEN delay > 15 THEN 1 ELSE 0 END', trials = 3, iterations = 20 } = options;
  const split = `\${{ steps.split.outputs.split }}`;
  return JSON.stringify({
    name: 'late-flights',
    project: 'late-flights',
    parameters: { seed: 7 },
    steps: [
      { name: 'ingest', uses: 'datasets.ingest', with: { dataset: 'flights', deduplicate: true } },
      {
        name: 'validate',
        uses: 'datasets.validate',
        with: { version: `\${{ steps.ingest.outputs.version }}` },
      },
      {
        name: 'features',
        uses: 'feature-store.training-set',
        with: {
          name: 'late-flights-training',
          featureService: 'late_flights',
          source: `\${{ steps.validate.outputs.version }}`,
          timeColumn: 'date',
          label,
          keep: ['origin'],
          from: '2001-01-03',
          seed: `\${{ parameters.seed }}`,
        },
      },
      {
        name: 'split',
        uses: 'datasets.split',
        with: {
          version: `\${{ steps.features.outputs.version }}`,
          method: 'time',
          timeColumn: 'event_time',
          trainUntil: '2001-01-11',
          validationShare: 0.2,
          seed: `\${{ parameters.seed }}`,
        },
      },
      {
        name: 'baseline',
        uses: 'training.baseline',
        with: { split, label: 'label', rule: { score: 'dep_late_24h' }, logistic: { C: 1 }, seed: 7 },
      },
      {
        name: 'tune',
        uses: 'tuning.tune',
        with: {
          split,
          label: 'label',
          trainer: 'gradient_boosting',
          objective: 'pr_auc',
          trials,
          space: {
            learningRate: { type: 'float', low: 0.05, high: 0.3, log: true },
            maxLeaves: { type: 'int', low: 4, high: 15 },
          },
          fixed: { iterations },
          seed: `\${{ parameters.seed }}`,
        },
      },
      {
        name: 'train',
        uses: 'training.train',
        with: {
          split,
          label: 'label',
          trainer: 'gradient_boosting',
          study: `\${{ steps.tune.outputs.study }}`,
          seed: `\${{ parameters.seed }}`,
        },
      },
      {
        name: 'evaluate',
        uses: 'evaluation.evaluate',
        with: {
          split,
          label: 'label',
          model: `\${{ steps.train.outputs.model }}`,
          baselines: {
            rule: `\${{ steps.baseline.outputs.rule }}`,
            logistic: `\${{ steps.baseline.outputs.logistic }}`,
          },
          slices: ['origin'],
          resamples: 100,
          seed: `\${{ parameters.seed }}`,
        },
      },
      {
        name: 'register',
        uses: 'registry.register',
        with: {
          name: 'late-flights',
          model: `\${{ steps.train.outputs.model }}`,
          evaluation: `\${{ steps.evaluate.outputs.evaluation }}`,
        },
      },
    ],
  });
}

/** Lands a file in a dataset. */
export function land(client: EsteiraClient, name: string, fileName: string, content: string | Uint8Array) {
  return client.datasets.landFile({ params: { name }, query: { fileName }, body: streamOf(content) });
}

export async function ended(client: EsteiraClient, jobId: string): Promise<Job> {
  for (;;) {
    const job = await client.jobs.get({ params: { id: jobId }, query: { waitSeconds: 10 } });
    if (job.finishedAt !== undefined) return job;
  }
}

export async function startRun(client: EsteiraClient, options: PipelineOptions = {}): Promise<string> {
  const params = { name: 'late-flights' };
  await client.pipelines.put({ params, body: { spec: pipelineFile(options) } });
  return (await client.pipelines.start({ params, body: {} })).id;
}

/** Looks at a run until it is as wanted. */
export async function runUntil(
  client: EsteiraClient,
  id: string,
  wanted: (run: PipelineRun) => boolean,
): Promise<PipelineRun> {
  for (;;) {
    const run = await client.pipelines.getRun({ params: { id } });
    if (wanted(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function runEnded(client: EsteiraClient, id: string): Promise<PipelineRun> {
  return runUntil(client, id, (run) => run.finishedAt !== undefined);
}

export function stepOf(run: PipelineRun, name: string) {
  const step = run.graph.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`the run has no step ${name}`);
  return step;
}
