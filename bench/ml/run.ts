import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { binFeatures, type GradientBoostingModel, predict, rocAuc, trainGradientBoosting } from '@esteira/ml';
import { startLightgbm } from './lightgbm-peer.ts';
import { type TrainingData, trainingData } from './training-data.ts';

const ROWS = 200_000;
const HELD_OUT = 50_000;
const FEATURES = 20;
const ROUNDS = 7;

const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
try {
  const result = await compare(folder);
  const path = join(import.meta.dirname, 'results', `${result.date}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  console.log(JSON.stringify(result, null, 2));
  const sameQuality = Math.abs(result.esteira.auc - result.lightgbm.auc) <= 0.002;
  console.log(
    `\nEsteira / LightGBM (one thread): ${result.trainingRatio} training, ${result.totalRatio} with binning`,
  );
  console.log(
    `AUC ${result.esteira.auc} / ${result.lightgbm.auc}${sameQuality ? '' : ': MORE THAN 0.002 APART'}`,
  );
  if (!sameQuality) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}

/** Both train in turns, so that whatever else the machine does weighs on both; the medians are compared. */
async function compare(folder: string) {
  const data = trainingData(ROWS + HELD_OUT, FEATURES);
  await writeFile(
    join(folder, 'columns.f32'),
    Buffer.concat(data.columns.map((column) => Buffer.from(column.buffer))),
  );
  await writeFile(join(folder, 'labels.f64'), Buffer.from(data.labels.buffer));
  const peer = await startLightgbm(folder, ROWS, FEATURES, HELD_OUT);

  const train = part(data, 0, ROWS);
  const binning = timed(() => binFeatures(train));
  const own: number[] = [];
  const theirs: number[] = [];
  let model: GradientBoostingModel | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const run = timed(() =>
      trainGradientBoosting(
        { features: binning.value, labels: data.labels.subarray(0, ROWS) },
        { objective: 'binary', seed: 1 },
      ),
    );
    model = run.value.model;
    own.push(run.seconds);
    theirs.push(await peer.trainSeconds());
  }
  const scoresPath = join(folder, 'scores.f64');
  await peer.writeScores(scoresPath);
  peer.close();

  const labels = data.labels.subarray(ROWS);
  const theirScores = new Float64Array(new Uint8Array(await readFile(scoresPath)).buffer);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { processor: cpus()[0]?.model ?? 'unknown', processors: cpus().length, node: process.version },
    task: {
      rows: ROWS,
      features: FEATURES,
      trees: 100,
      leaves: 31,
      learningRate: 0.1,
      maxBins: 255,
      threads: 1,
      rounds: ROUNDS,
    },
    esteira: {
      binning: rounded(binning.seconds),
      training: summary(own),
      auc: rounded(rocAuc(labels, ownScores(model, data)) ?? 0),
    },
    lightgbm: {
      version: peer.version,
      binning: rounded(peer.binningSeconds),
      training: summary(theirs),
      auc: rounded(rocAuc(labels, theirScores) ?? 0),
    },
    trainingRatio: rounded(median(own) / median(theirs)),
    totalRatio: rounded((binning.seconds + median(own)) / (peer.binningSeconds + median(theirs))),
  };
}

function part(data: TrainingData, start: number, end: number) {
  return {
    rows: end - start,
    names: data.names,
    columns: data.columns.map((column) => column.subarray(start, end)),
  };
}

function ownScores(model: GradientBoostingModel | null, data: TrainingData): Float64Array {
  const answer = model && predict(model, part(data, ROWS, ROWS + HELD_OUT));
  return answer?.kind === 'classification'
    ? answer.probabilities.filter((_, i) => i % 2 === 1)
    : new Float64Array(HELD_OUT);
}

function timed<T>(work: () => T): { value: T; seconds: number } {
  const start = performance.now();
  const value = work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

function summary(seconds: readonly number[]) {
  return {
    median: rounded(median(seconds)),
    best: rounded(Math.min(...seconds)),
    first: rounded(seconds[0] ?? 0),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
