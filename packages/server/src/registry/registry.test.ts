import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Evaluation, ModelExamples, TrainedModel, TrainedModelMeta } from '@esteira/contracts';
import { exportOnnx, fitPreprocessing, predictPipeline, trainGradientBoosting, transform } from '@esteira/ml';
import { createAuditLog } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import type { StepRun } from '../kernel/step-kind.ts';
import type { BlobStore, DirectoryEntry } from '../storage/blobs/blob-store.ts';
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { createRegistry } from './index.ts';

const ana: RequestContext = {
  workspace: 'ws_1',
  actor: {
    id: 'usr_ana',
    kind: 'user',
    name: 'Ana',
    roles: ['owner'],
    permissions: new Set(['registry:write']),
  },
  requestId: 'req_1',
};

describe('the registry', () => {
  let directory = '';
  let sql: SqlDatabase;
  let blobs: BlobStore;
  let registry: ReturnType<typeof createRegistry>;
  const trained = new Map<string, { model: TrainedModel; entries: readonly DirectoryEntry[] }>();
  const evaluations = new Map<string, Evaluation>();
  const links: string[] = [];

  before(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'registry-')));
    sql = await openTestDatabase();
    blobs = await openFilesystemBlobStore({ directory, random: systemRandom });
    const clock = systemClock;
    const ids = createIdGenerator({ clock, random: systemRandom });
    registry = createRegistry({
      sql,
      blobs,
      clock,
      ids,
      audit: createAuditLog({
        sql,
        clock,
        ids,
        logger: silentLogger,
        signingKey: generateKeyPairSync('ed25519').privateKey,
      }),
      events: createEventBus({ database: sql, clock, ids, logger: silentLogger }),
      lineage: { link: async (_tx, _context, link) => void links.push(`${link.from.kind} ${link.relation}`) },
      projects: { async reach() {} },
      training: {
        async open(_workspace, id) {
          const found = trained.get(id);
          if (found === undefined) throw new Error(`No trained model ${id}.`);
          return found;
        },
      },
      evaluation: { find: async (_workspace, id) => evaluations.get(id) },
      runSource: async () => ({ environmentDigest: 'sha256:env', codeCommit: 'c0ffee' }),
      hasRun: async () => false,
      filesBelow: async () => [],
      served: async () => [],
      changes: { requestOnce: async () => ({ id: 'chg_1' }) },
      currency: 'USD',
    });
    await registry.createModel(ana, { name: 'delays', project: 'flights', description: '' });
  });
  after(async () => {
    await sql.close();
    await chmod(directory, 0o700);
    await rm(directory, { recursive: true, force: true });
  });

  /** Puts a trained model and its evaluation where the registry looks for them. */
  async function offer(
    id: string,
    onnx: Uint8Array,
    examples: ModelExamples,
  ): Promise<{ model: string; trainedModelId: string; evaluationId: string; description: string }> {
    const meta = describeModel();
    const files = { 'model.onnx': Buffer.from(onnx), 'meta.json': Buffer.from(JSON.stringify(meta)) };
    const entries: DirectoryEntry[] = [];
    for (const [name, bytes] of Object.entries(files))
      entries.push({ name, kind: 'file', ...(await blobs.put(once(bytes))) });
    const { digest } = await blobs.putDirectory(entries);
    trained.set(id, {
      model: {
        id,
        kind: 'gradient_boosting',
        digest,
        bytes: 1,
        runId: `run_${id}`,
        project: 'flights',
        createdAt: 1,
        meta,
      },
      entries,
    });
    evaluations.set(`ev_${id}`, {
      id: `ev_${id}`,
      trainedModelId: id,
      part: 'test',
      metrics: { rows: 40, pr_auc: 0.8, roc_auc: null },
      examples,
    } as unknown as Evaluation);
    return { model: 'delays', trainedModelId: id, evaluationId: `ev_${id}`, description: '' };
  }

  it('freezes a model that answers its examples, and writes down what it takes', async () => {
    const { onnx, examples } = makeModel();
    const version = await registry.register(ana, await offer('tm_1', onnx, examples));
    assert.equal(version.version, 1);
    assert.deepEqual(version.artifacts.map((file) => file.path).sort(), [
      'examples.json',
      'meta.json',
      'model.onnx',
      'signature.json',
    ]);
    assert.deepEqual(version.metrics, { rows: 40, pr_auc: 0.8 });
    assert.deepEqual(
      version.signature.inputs.map((input) => [input.name, input.datatype, input.shape]),
      [
        ['X', 'FP32', [-1, 2]],
        ['X_text', 'BYTES', [-1, 1]],
      ],
    );
    assert.deepEqual(version.signature.score, { output: 'probabilities', column: 1 });
    assert.deepEqual(
      version.signature.features.map((feature) => [
        feature.name,
        feature.input,
        feature.index,
        feature.missing,
      ]),
      [
        ['distance', 'X', 0, true],
        ['hour', 'X', 1, true],
        ['carrier', 'X_text', 0, true],
      ],
    );
    assert.deepEqual(await registry.examples(version), examples);
    assert.deepEqual(links.sort(), [
      'evaluation judged-by',
      'run registered-from',
      'trained-model registered-from',
    ]);
  });

  it('gives the same version to the same trained model, also by the step of a pipeline', async () => {
    const { onnx, examples } = makeModel();
    const request = await offer('tm_1', onnx, examples);
    const again = await registry.register(ana, request);
    assert.equal(again.version, 1);
    const [step] = registry.stepKinds;
    const outputs = await step?.run({
      context: ana,
      project: 'flights',
      with: {
        model: { type: 'trained-model', id: 'tm_1', digest: 'd' },
        evaluation: { type: 'evaluation', id: 'ev_tm_1', digest: 'd' },
        name: 'delays',
      },
      log: { params() {}, metrics() {}, tags() {} },
    } as unknown as StepRun);
    assert.deepEqual(outputs?.version, { type: 'model-version', id: again.id, digest: again.digest });
  });

  it('refuses a graph that is none, answers otherwise than evaluated, or reads files', async () => {
    const { onnx, examples } = makeModel();
    const off = { ...examples, expected: examples.expected.map((score) => score + 0.01) };
    await assert.rejects(registry.register(ana, await offer('tm_2', onnx, off)), (error: Error) =>
      /answers .* to the stored example 0/.test(error.message),
    );
    await assert.rejects(
      registry.register(ana, await offer('tm_3', Buffer.from('no graph at all'), examples)),
      { code: 'MODEL_NOT_REGISTRABLE' },
    );
    await assert.rejects(
      registry.register(ana, await offer('tm_4', externalData(), examples)),
      (error: Error) => /external/i.test(error.message),
    );
    await assert.rejects(
      registry.register(ana, { ...(await offer('tm_5', onnx, examples)), evaluationId: 'ev_tm_1' }),
      (error: Error) => /evaluation is not one of/.test(error.message),
    );
  });

  it('sees by the stored bytes that an artifact was swapped', async () => {
    const version = (await registry.resolveVersion('ws_1', 'delays', '1'))?.checked;
    assert.ok(version);
    assert.equal(await registry.digestOfBytes(version), version.digest);
    const file = await blobs.localFile(
      version.artifacts.find((artifact) => artifact.path === 'model.onnx')?.digest ?? '',
    );
    await chmod(file, 0o600);
    await writeFile(file, 'swapped');
    assert.notEqual(await registry.digestOfBytes(version), version.digest);
  });

  it('finds a version by its alias', async () => {
    await registry.moveLabel(ana, { action: 'set-alias', model: 'delays', alias: 'champion', version: 1 });
    assert.equal((await registry.resolveVersion('ws_1', 'delays', 'champion'))?.version, 1);
    await assert.rejects(
      registry.moveLabel(ana, { action: 'set-alias', model: 'delays', alias: 'next', version: 9 }),
      {
        code: 'MODEL_VERSION_NOT_FOUND',
      },
    );
    assert.equal(await registry.resolveVersion('ws_2', 'delays', 'champion'), undefined);
  });
});

/** A pipeline with a text column, trained on forty rows. */
function makeModel(): { onnx: Uint8Array; examples: ModelExamples } {
  const rows = 40;
  const distance = Float32Array.from({ length: rows }, (_, row) => (row * 7) % 31);
  const hour = Float32Array.from({ length: rows }, (_, row) => row % 24);
  const carrier = Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 'TAM' : 'GLO'));
  const table = {
    rows,
    columns: [
      { name: 'distance', type: 'number' as const, values: distance },
      { name: 'hour', type: 'number' as const, values: hour },
      { name: 'carrier', type: 'text' as const, values: carrier },
    ],
  };
  const preprocessing = fitPreprocessing(table, { carrier: { encode: 'one_hot' } });
  const labels = Float64Array.from(distance, (value, row) => Number(value > 15 || carrier[row] === 'TAM'));
  const { model } = trainGradientBoosting(
    { features: transform(preprocessing, table), labels },
    { objective: 'binary', seed: 1, iterations: 5, minSamplesLeaf: 3 },
  );
  const predictions = predictPipeline({ preprocessing, model }, table);
  if (predictions.kind !== 'classification') throw new Error('The test trains a classifier.');
  const picked = [0, 9, 20, 33];
  return {
    onnx: exportOnnx({ preprocessing, model }),
    examples: {
      features: ['distance', 'hour'],
      textFeatures: ['carrier'],
      rows: picked.map((row) => [distance[row] ?? 0, hour[row] ?? 0]),
      textRows: picked.map((row) => [carrier[row] ?? '']),
      expected: picked.map((row) => predictions.probabilities[row * 2 + 1] ?? 0),
    },
  };
}

function describeModel(): TrainedModelMeta {
  return {
    kind: 'gradient_boosting',
    task: 'binary',
    features: ['distance', 'hour'],
    textFeatures: ['carrier'],
    label: 'late',
    classes: [0, 1],
    params: {},
    seed: 1,
    splitId: 'sp_1',
    splitDigest: 'sha256:split',
    datasetVersionId: 'dv_1',
    datasetVersionDigest: 'sha256:data',
    featureService: null,
    studyId: null,
    trainRows: 40,
    validationMetrics: {},
    importance: [],
    onnx: { inputs: [], outputs: [] },
  };
}

/** A model whose one initializer lies in another file: ModelProto{graph{initializer{name "w", external_data{key location}}}}. */
function externalData(): Uint8Array {
  const field = (number: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const entry = Buffer.concat([field(1, Buffer.from('location')), field(2, Buffer.from('../../secret'))]);
  const tensor = Buffer.concat([
    Buffer.from([0x10, 1]),
    field(8, Buffer.from('w')),
    field(13, entry),
    Buffer.from([0x70, 1]),
  ]);
  const graph = Buffer.concat([field(2, Buffer.from('g')), field(5, tensor)]);
  return Buffer.concat([Buffer.from([0x08, 8]), field(7, graph)]);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
