import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Comparison, Evaluation, ModelMetrics } from '@esteira/contracts';
import type { Datasets, OpenSplit } from '../datasets/index.ts';
import type { AuditLog, Lineage } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { openComputeWorker } from '../kernel/compute-worker.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Projects } from '../projects/index.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { quoteIdentifier, type TableEngine } from '../storage/tables/table-engine.ts';
import { loadTrainingData, type OpenTrainedModel, type TrainingService } from '../training/index.ts';
import type { ComparedMetric, EvaluateInput, EvaluateResult } from './evaluate-models.ts';
import { findEvaluation, insertEvaluation, listEvaluations } from './evaluation-store.ts';
import type { ModelToScore } from './model-scores.ts';

export interface EvaluationDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly lineage: Lineage;
  readonly datasets: Datasets;
  readonly projects: Projects;
  readonly training: Pick<TrainingService, 'open'>;
}

interface EvaluateRequest {
  readonly project: string;
  readonly runId: string;
  readonly splitId: string;
  readonly part: 'train' | 'validation' | 'test';
  readonly label: string;
  readonly modelId: string;
  /** Trained models by the name of the baseline they are. */
  readonly baselines: Readonly<Record<string, string>>;
  /** The trained model that is live now. */
  readonly currentId: string | null;
  readonly slices: readonly string[];
  readonly threshold: number;
  readonly seed: number;
  readonly alpha: number;
  readonly resamples: number;
}

export interface EvaluationService {
  /** Judges a model on one part of a split. Throws EVALUATION_UNCOMPARABLE when the project's metric cannot be compared. */
  evaluate(
    context: RequestContext,
    request: EvaluateRequest,
    run: { signal: AbortSignal; progress(share: number, message: string): void },
  ): Promise<Evaluation>;
  find(workspace: string, id: string): Promise<Evaluation | undefined>;
  list(workspace: string, filter: Parameters<typeof listEvaluations>[2]): Promise<readonly Evaluation[]>;
}

const fairnessLimit = 0.1;

export function createEvaluationService(deps: EvaluationDeps): EvaluationService {
  return {
    async evaluate(context, request, run) {
      const { workspace } = context;
      const project = await deps.projects.find(workspace, request.project);
      if (!project) throw esteiraError('PROJECT_NOT_FOUND', { name: request.project });
      const metric = requireMetric(project.successMetric.name);
      const split = await deps.datasets.openSplit(workspace, request.splitId);
      const part = split.parts[request.part];
      if (!part)
        throw esteiraError('EVALUATION_UNCOMPARABLE', { problem: `the split has no ${request.part} part` });
      const model = await deps.training.open(workspace, request.modelId);
      const others = await openOthers(deps, workspace, request);
      const worker = openComputeWorker(new URL('./evaluation-worker.ts', import.meta.url), run.signal);
      try {
        run.progress(0, 'loading rows');
        const input: EvaluateInput = {
          ...(await loadRows(deps, {
            split,
            from: part.from,
            request,
            models: [model, ...others.map((other) => other.opened)],
            sensitive: project.sensitiveAttributes,
          })),
          model: await toScore(deps, model),
          others: await Promise.all(
            others.map(async ({ name, opened }) => ({ name, model: await toScore(deps, opened) })),
          ),
          metric,
          threshold: request.threshold,
          seed: request.seed,
          alpha: request.alpha,
          resamples: request.resamples,
          slices: request.slices,
          sensitive: project.sensitiveAttributes,
          fairnessLimit,
        };
        const result = await worker.call<EvaluateResult>('evaluate', input, {
          handOver: true,
          onProgress: run.progress,
        });
        return await keepEvaluation(deps, context, {
          request,
          metric,
          direction: project.successMetric.direction,
          model,
          others,
          result,
          testDigest: part.digest,
        });
      } finally {
        await worker.close();
      }
    },
    find: (workspace, id) => findEvaluation(deps.sql, workspace, id),
    list: (workspace, filter) => listEvaluations(deps.sql, workspace, filter),
  };
}

interface Other {
  readonly name: string;
  readonly current: boolean;
  readonly opened: OpenTrainedModel;
}

async function openOthers(
  deps: EvaluationDeps,
  workspace: string,
  request: EvaluateRequest,
): Promise<readonly Other[]> {
  const others: Other[] = [];
  for (const [name, id] of Object.entries(request.baselines)) {
    others.push({ name, current: false, opened: await deps.training.open(workspace, id) });
  }
  if (request.currentId !== null) {
    others.push({
      name: 'current',
      current: true,
      opened: await deps.training.open(workspace, request.currentId),
    });
  }
  return others;
}

/** The bootstrap compares these; others come with the metrics that need them. */
function requireMetric(name: string): ComparedMetric {
  if (name === 'pr_auc' || name === 'roc_auc' || name === 'log_loss' || name === 'brier') return name;
  throw esteiraError('EVALUATION_UNCOMPARABLE', {
    problem: `the metric ${name} has no paired comparison; use pr_auc, roc_auc, log_loss or brier`,
  });
}

async function loadRows(
  deps: EvaluationDeps,
  wanted: {
    readonly split: OpenSplit;
    /** The FROM clause of the part. */
    readonly from: string;
    readonly request: EvaluateRequest;
    readonly models: readonly OpenTrainedModel[];
    readonly sensitive: readonly string[];
  },
): Promise<Pick<EvaluateInput, 'data' | 'labels'>> {
  const { split, from, request, models, sensitive } = wanted;
  const { columns } = split.version;
  const features = [
    ...new Set(models.flatMap(({ model }) => [...model.meta.features, ...model.meta.textFeatures])),
  ];
  const { table, labels } = await loadTrainingData(deps.tables, {
    from,
    columns,
    features,
    label: request.label,
  });
  const numeric = new Map<string, Float64Array | Float32Array>();
  const text = new Map<string, readonly (string | null)[]>();
  for (const column of table.columns) {
    if (column.type === 'text') text.set(column.name, column.values);
    else numeric.set(column.name, column.values);
  }
  const groups = [...new Set([...request.slices, ...sensitive])];
  for (const name of groups) {
    if (!columns.some((column) => column.name === name)) {
      throw esteiraError('TRAINING_COLUMN_MISSING', {
        column: name,
        known: columns.map((column) => column.name).join(', '),
      });
    }
    const rows = await deps.tables.query(
      `SELECT CAST(${quoteIdentifier(name)} AS VARCHAR) AS value FROM ${from}`,
    );
    text.set(
      name,
      rows.map((row) => (typeof row.value === 'string' ? row.value : null)),
    );
  }
  return { data: { rows: labels.length, numeric, text }, labels };
}

async function toScore(deps: EvaluationDeps, { model, entries }: OpenTrainedModel): Promise<ModelToScore> {
  const file = entries.find((entry) => entry.name === 'model.onnx');
  if (!file)
    throw esteiraError('EVALUATION_UNCOMPARABLE', { problem: `the bundle of ${model.id} has no model.onnx` });
  return {
    onnx: await readFile(await deps.blobs.localFile(file.digest)),
    features: model.meta.features,
    textFeatures: model.meta.textFeatures,
  };
}

interface Finished {
  readonly request: EvaluateRequest;
  readonly metric: ComparedMetric;
  readonly direction: Evaluation['direction'];
  readonly model: OpenTrainedModel;
  readonly others: readonly Other[];
  readonly result: EvaluateResult;
  readonly testDigest: string;
}

async function keepEvaluation(
  deps: EvaluationDeps,
  context: RequestContext,
  finished: Finished,
): Promise<Evaluation> {
  const { request, result, model } = finished;
  const compared = finished.others.map((other, index) => toComparison(finished, other, index));
  const content = {
    project: request.project,
    runId: request.runId,
    trainedModelId: model.model.id,
    splitId: request.splitId,
    part: request.part,
    testDigest: finished.testDigest,
    metric: finished.metric,
    direction: finished.direction,
    alpha: request.alpha,
    resamples: request.resamples,
    metrics: result.metrics,
    baselines: compared.filter((_other, index) => !finished.others[index]?.current),
    current: compared.find((_other, index) => finished.others[index]?.current) ?? null,
    slices: result.slices,
    calibration: result.calibration,
    fairness: result.fairness,
    importance: model.model.meta.importance,
    examples: result.examples,
  };
  const evaluation: Evaluation = {
    ...content,
    id: deps.ids.next('eval'),
    digest: `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`,
    createdAt: deps.clock.now(),
  };
  await deps.sql.transaction(async (tx) => {
    await insertEvaluation(tx, context.workspace, evaluation);
    await deps.lineage.link(tx, context, {
      from: { kind: 'split', id: request.splitId },
      to: { kind: 'evaluation', id: evaluation.id },
      relation: 'evaluated-on',
      fromDigest: finished.testDigest,
      toDigest: evaluation.digest,
    });
    await deps.audit.record(tx, context, {
      action: 'evaluation.finished',
      subject: { kind: 'evaluation', id: evaluation.id },
      details: {
        trainedModelId: model.model.id,
        digest: evaluation.digest,
        testDigest: finished.testDigest,
        metric: finished.metric,
      },
    });
    await deps.projects.reach(tx, context, request.project, 'evaluation', {
      kind: 'evaluation',
      id: evaluation.id,
    });
  });
  return evaluation;
}

function toComparison(
  finished: Finished,
  other: Other,
  index: number,
): Comparison & { metrics: ModelMetrics } {
  const compared = finished.result.others[index];
  if (!compared) throw new Error(`no comparison with ${other.name}`);
  return {
    ...compared,
    trainedModelId: other.opened.model.id,
    splitId: finished.request.splitId,
    testDigest: finished.testDigest,
  };
}
