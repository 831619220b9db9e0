import type { TrainedModel, TrainedModelMeta } from '@esteira/contracts';
import type { Datasets, OpenSplit } from '../datasets/index.ts';
import type { AuditLog, Lineage } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Projects } from '../projects/index.ts';
import type { BlobStore, DirectoryEntry } from '../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { TableEngine } from '../storage/tables/table-engine.ts';
import { fitModel, storeBundle } from './fit-model.ts';
import { findTrainedModel, insertTrainedModel, listTrainedModels } from './trained-model-store.ts';
import type { FitInput } from './trainer-worker.ts';
import { loadTrainingData } from './training-data.ts';

export interface TrainingDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly lineage: Lineage;
  readonly datasets: Datasets;
  readonly projects: Projects;
}

export interface TrainRequest {
  readonly project: string;
  readonly runId: string;
  readonly splitId: string;
  readonly label: string;
  /** Defaults to the features the dataset version declares. */
  readonly features?: readonly string[];
  readonly kind: TrainedModel['kind'];
  readonly trainer: FitInput['trainer'];
  readonly params: FitInput['params'];
  readonly seed: number;
  readonly studyId: string | null;
  /** Adds the validation part to the training rows, once tuning has no more use for it. */
  readonly withValidation: boolean;
}

/** A trained model with the files of its bundle. */
export interface OpenTrainedModel {
  readonly model: TrainedModel;
  readonly entries: readonly DirectoryEntry[];
}

export interface TrainingService {
  train(
    context: RequestContext,
    request: TrainRequest,
    run: { signal: AbortSignal; progress(share: number, message: string): void },
  ): Promise<TrainedModel>;
  /** Throws TRAINED_MODEL_NOT_FOUND. */
  open(workspace: string, id: string): Promise<OpenTrainedModel>;
  list(workspace: string, filter: Parameters<typeof listTrainedModels>[2]): Promise<readonly TrainedModel[]>;
}

export function createTrainingService(deps: TrainingDeps): TrainingService {
  return {
    async train(context, request, run) {
      const split = await deps.datasets.openSplit(context.workspace, request.splitId);
      const features = request.features ?? declaredFeatures(split);
      const { train: trainPart, validation: validationPart } = split.parts;
      if (!trainPart)
        throw esteiraError('TRAINING_DATA_UNUSABLE', { problem: 'the split has no training part' });
      const load = (from: string) =>
        loadTrainingData(deps.tables, {
          from,
          columns: split.version.columns,
          features,
          label: request.label,
        });
      run.progress(0, 'loading rows');
      const joined = request.withValidation && validationPart;
      const train = await load(
        joined
          ? `(SELECT * FROM ${trainPart.from} UNION ALL SELECT * FROM ${validationPart.from})`
          : trainPart.from,
      );
      const validation = joined || !validationPart ? null : await load(validationPart.from);
      const fitted = await fitModel(
        {
          trainer: request.trainer,
          task: 'binary',
          params: request.params,
          seed: request.seed,
          train,
          validation,
          metadata: { 'esteira.split': split.split.digest, 'esteira.kind': request.kind },
        },
        run.signal,
        (share, message) => run.progress(0.1 + 0.85 * share, message),
      );
      const meta = describeModel(request, split, train, fitted);
      const bundle = await storeBundle(deps.blobs, fitted.onnx, meta);
      return await keepModel(deps, context, request, { meta, bundle });
    },

    async open(workspace, id) {
      const model = await findTrainedModel(deps.sql, workspace, id);
      if (!model) throw esteiraError('TRAINED_MODEL_NOT_FOUND', { id });
      return { model, entries: await deps.blobs.getDirectory(model.digest) };
    },

    list: (workspace, filter) => listTrainedModels(deps.sql, workspace, filter),
  };
}

/** The features a training set declares. Throws TRAINING_COLUMN_MISSING when the version came ready-made without them. */
export function declaredFeatures(split: OpenSplit): readonly string[] {
  const { attributes } = split.version;
  const features =
    typeof attributes === 'object' && attributes !== null && 'features' in attributes
      ? attributes.features
      : undefined;
  if (Array.isArray(features) && features.every((name): name is string => typeof name === 'string'))
    return features;
  throw esteiraError('TRAINING_COLUMN_MISSING', {
    column: 'features (the step names none, and the version declares none)',
    known: split.version.columns.map((column) => column.name).join(', '),
  });
}

function describeModel(
  request: TrainRequest,
  split: OpenSplit,
  train: Awaited<ReturnType<typeof loadTrainingData>>,
  fitted: Awaited<ReturnType<typeof fitModel>>,
): TrainedModelMeta {
  const { attributes } = split.version;
  const service =
    typeof attributes === 'object' && attributes !== null && 'featureService' in attributes
      ? attributes.featureService
      : null;
  const { columns } = train.table;
  return {
    kind: request.kind,
    task: 'binary',
    features: columns.filter((column) => column.type === 'number').map((column) => column.name),
    textFeatures: columns.filter((column) => column.type === 'text').map((column) => column.name),
    label: request.label,
    classes: [...fitted.classes],
    params: request.params,
    seed: request.seed,
    splitId: split.split.id,
    splitDigest: split.split.digest,
    datasetVersionId: split.version.id,
    datasetVersionDigest: split.version.digest,
    featureService: typeof service === 'string' ? service : null,
    studyId: request.studyId,
    trainRows: train.table.rows,
    validationMetrics: fitted.validationMetrics,
    importance: [...fitted.importance],
    onnx: {
      inputs: fitted.inputs.map(({ name, type, shape }) => ({
        name,
        type,
        shape: shape ? [...shape] : null,
      })),
      outputs: fitted.outputs.map(({ name, type, shape }) => ({
        name,
        type,
        shape: shape ? [...shape] : null,
      })),
    },
  };
}

async function keepModel(
  deps: TrainingDeps,
  context: RequestContext,
  request: TrainRequest,
  made: { meta: TrainedModelMeta; bundle: { digest: string; size: number } },
): Promise<TrainedModel> {
  const model: TrainedModel = {
    id: deps.ids.next('tm'),
    kind: request.kind,
    digest: made.bundle.digest,
    bytes: made.bundle.size,
    runId: request.runId,
    project: request.project,
    createdAt: deps.clock.now(),
    meta: made.meta,
  };
  await deps.sql.transaction(async (tx) => {
    await insertTrainedModel(tx, context.workspace, model);
    await deps.lineage.link(tx, context, {
      from: { kind: 'split', id: made.meta.splitId },
      to: { kind: 'run', id: request.runId },
      relation: 'trained-on',
      fromDigest: made.meta.splitDigest,
    });
    await deps.audit.record(tx, context, {
      action: 'training.model.trained',
      subject: { kind: 'run', id: request.runId },
      details: {
        trainedModelId: model.id,
        digest: model.digest,
        kind: model.kind,
        splitDigest: made.meta.splitDigest,
      },
    });
    await deps.projects.reach(tx, context, request.project, 'training', { kind: 'run', id: request.runId });
  });
  return model;
}
