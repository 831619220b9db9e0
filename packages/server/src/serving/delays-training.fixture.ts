import type { Evaluation, TrainedModel, TrainedModelMeta } from '@esteira/contracts';
import { exportOnnx, predictPipeline, trainGradientBoosting } from '@esteira/ml';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';

export const featureNames = ['distance', 'hour', 'wind'];

/** Trained models and their evaluations, as the room of training has them. For tests. */
export function createDelaysTraining({
  blobs,
  clock,
  ids,
}: {
  blobs: BlobStore;
  clock: Clock;
  ids: IdGenerator;
}) {
  const trained = new Map<
    string,
    { model: TrainedModel; entries: Awaited<ReturnType<typeof blobs.getDirectory>> }
  >();
  const evaluations = new Map<string, Evaluation>();

  return {
    async open(_workspace: string, id: string) {
      const found = trained.get(id);
      if (found === undefined) throw new Error(`No trained model ${id}.`);
      return found;
    },

    findEvaluation: async (_workspace: string, id: string) => evaluations.get(id),

    /** Trains and "evaluates" a model; see `trainModel` for what `slope` and `bound` decide. */
    async train(slope: number, bound: number) {
      const { onnx, rows, expected } = trainModel(slope, bound);
      const id = ids.next('tm');
      const evaluationId = `ev_${id}`;
      const meta = describeModel();
      const model = await blobs.put(once(onnx));
      const description = await blobs.put(once(Buffer.from(JSON.stringify(meta))));
      const entries = [
        { name: 'meta.json', kind: 'file' as const, ...description },
        { name: 'model.onnx', kind: 'file' as const, ...model },
      ];
      const { digest } = await blobs.putDirectory(entries);
      trained.set(id, {
        model: {
          id,
          kind: 'gradient_boosting',
          digest,
          bytes: model.size,
          runId: `run_${id}`,
          project: 'flights',
          createdAt: clock.now(),
          meta,
        },
        entries,
      });
      const examples = {
        features: featureNames,
        textFeatures: [],
        rows,
        textRows: rows.map(() => []),
        expected,
      };
      const metrics = {
        rows: 400,
        base_rate: 0.5,
        roc_auc: 0.9,
        pr_auc: 0.9,
        log_loss: 0.3,
        brier: 0.1,
        ece: 0.01,
        threshold: 0.5,
        accuracy: 0.9,
        precision: 0.9,
        recall: 0.9,
        f1: 0.9,
      };
      evaluations.set(evaluationId, {
        id: evaluationId,
        trainedModelId: id,
        part: 'test',
        metrics,
        examples,
      } as unknown as Evaluation);
      return { trainedModelId: id, evaluationId };
    },
  };
}

/** A model with three features, trained on rows that `slope` decides: late when slope × distance + hour > bound × (slope + 1). */
function trainModel(slope: number, bound: number) {
  const rows = 400;
  const columns = featureNames.map((_, feature) =>
    Float32Array.from({ length: rows }, (_value, row) => ((row * (7 + 4 * feature)) % 101) / 10),
  );
  const labels = Float64Array.from({ length: rows }, (_, row) =>
    Number((columns[0]?.[row] ?? 0) * slope + (columns[1]?.[row] ?? 0) > bound * (slope + 1)),
  );
  const features = { rows, columns, names: featureNames };
  const { model } = trainGradientBoosting(
    { features, labels },
    { objective: 'binary', seed: 1, iterations: 10, maxLeaves: 8, minSamplesLeaf: 5 },
  );
  const table = {
    rows,
    columns: columns.map((values, index) => ({
      name: featureNames[index] ?? '',
      type: 'number' as const,
      values,
    })),
  };
  const predictions = predictPipeline({ preprocessing: null, model }, table);
  if (predictions.kind !== 'classification') throw new Error('The fixture trains a classifier.');
  const examples = Array.from({ length: 20 }, (_, index) => index * 17);
  return {
    onnx: exportOnnx({ preprocessing: null, model }),
    rows: examples.map((row) => columns.map((values) => values[row] ?? 0)),
    expected: examples.map((row) => predictions.probabilities[row * 2 + 1] ?? 0),
  };
}

function describeModel(): TrainedModelMeta {
  return {
    kind: 'gradient_boosting',
    task: 'binary',
    features: featureNames,
    textFeatures: [],
    label: 'late',
    classes: [0, 1],
    params: {},
    seed: 1,
    splitId: 'sp_1',
    splitDigest: 'sha256:split',
    datasetVersionId: 'dv_1',
    datasetVersionDigest: 'sha256:data',
    featureService: 'flights',
    studyId: null,
    trainRows: 400,
    validationMetrics: {},
    importance: [],
    onnx: { inputs: [], outputs: [] },
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
