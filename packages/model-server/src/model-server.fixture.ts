import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  BundleRef,
  DataPlaneSnapshot,
  ModelSignature,
  PythonRuntime,
  ServedEndpoint,
  SpooledPrediction,
} from '@esteira/contracts';
import { exportOnnx, trainGradientBoosting } from '@esteira/ml';

/** A Python file without packages, as a bundle has it. */
export const pythonFile: PythonRuntime = {
  kind: 'file',
  path: 'model/model.py',
  form: 'columns',
  dates: [],
  version: null,
  requirements: [],
};

const flightFeatures = ['distance', 'hour', 'wind'];

export const signature = signatureOf(flightFeatures);

function signatureOf(features: readonly string[]): ModelSignature {
  return {
    task: 'classification',
    inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, features.length] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
    ],
    features: features.map((name, index) => ({
      name,
      type: 'number',
      input: 'X',
      index,
      missing: name === 'wind',
    })),
    label: 'label',
    score: { output: 'probabilities', column: 1 },
    classes: [0, 1],
    operators: ['ai.onnx.ml.TreeEnsembleClassifier'],
  };
}

/** A folder from which a model server serves without a control plane; its models read the named features. For tests. */
export function makeServerDirectory(features: readonly string[] = flightFeatures) {
  const directory = mkdtempSync(join(tmpdir(), 'model-server-'));
  mkdirSync(join(directory, 'bundles'));

  function addFile(name: string, bytes: Uint8Array): BundleRef['files'][number] {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(directory, 'bundles', hex), bytes);
    return { name, digest: `sha256:${hex}`, size: bytes.length };
  }

  /** A version of files by name: bytes, or what is written as JSON. */
  function bundle(version: number, contents: Readonly<Record<string, object>>): BundleRef {
    const files = Object.entries(contents).map(([name, content]) =>
      addFile(name, content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content))),
    );
    const digest = `sha256:${createHash('sha256').update(JSON.stringify(files)).digest('hex')}`;
    return { modelVersionId: `mv_${version}`, model: 'delays', version, digest, files };
  }

  return {
    directory,
    /** A version whose label is 1 above `bound`; `onnx` replaces its graph, `changed` what the signature says of it. */
    addVersion(
      version: number,
      bound: number,
      onnx = trainGraph(bound, features),
      changed: Partial<ModelSignature> = {},
    ): BundleRef {
      return bundle(version, {
        'model.onnx': onnx,
        'signature.json': { ...signatureOf(features), ...changed },
      });
    },
    bundle,
    write(
      endpoints: readonly ServedEndpoint[],
      revision = 1,
      secrets: NonNullable<DataPlaneSnapshot['secrets']> = {},
    ): void {
      const snapshot: DataPlaneSnapshot = { workspace: 'ws', revision, endpoints: [...endpoints], secrets };
      writeFileSync(join(directory, 'snapshot.json'), JSON.stringify(snapshot));
    },
    spooled: (): SpooledPrediction[] =>
      readdirSync(join(directory, 'spool'))
        .filter((name) => name.endsWith('.ndjson'))
        .sort()
        .flatMap((name) =>
          readFileSync(join(directory, 'spool', name), 'utf8')
            .split('\n')
            .slice(0, -1),
        )
        .map((line) => JSON.parse(line) as SpooledPrediction),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** An endpoint with one version and the key `secret`. */
export function makeEndpoint(bundle: BundleRef, changed: Partial<ServedEndpoint> = {}): ServedEndpoint {
  return {
    name: 'late-flights',
    stage: 'development',
    revision: 1,
    arms: [{ role: 'primary', weight: 1, predictor: { kind: 'version', bundle } }],
    shadow: null,
    standby: [],
    fallback: null,
    readAs: null,
    fault: null,
    limits: { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 2_000 },
    keys: [makeKey('secret')],
    ...changed,
  };
}

export function makeKey(
  secret: string,
  changed: Partial<ServedEndpoint['keys'][number]> = {},
): ServedEndpoint['keys'][number] {
  const hash = `sha256:${createHash('sha256').update(secret).digest('hex')}`;
  return {
    id: `key-${secret}`,
    hash,
    purpose: 'user',
    requestsPerSecond: 1e6,
    burst: 1e6,
    expiresAt: null,
    ...changed,
  };
}

export interface InferAnswerBody {
  readonly error?: string;
  readonly code?: string;
  readonly id?: string;
  readonly model_version?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs?: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly data: readonly number[];
  }[];
}

/** Sends a body (JSON unless it is text) to the infer route of the endpoint. */
export async function infer(
  url: string,
  body: unknown,
  options: { key?: string; path?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<{ status: number; text: string; body: InferAnswerBody }> {
  const answer = await fetch(`${url}${options.path ?? '/v2/models/late-flights/infer'}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${options.key ?? 'secret'}`,
      'content-type': 'application/json',
      ...options.headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) as InferAnswerBody };
}

/** A request with the rows as one matrix. */
export function matrix(
  rows: readonly (readonly (number | null)[])[],
  more: Readonly<Record<string, unknown>> = {},
): unknown {
  return { inputs: [{ name: 'X', shape: [rows.length, 3], datatype: 'FP32', data: rows.flat() }], ...more };
}

/** A model server as a process of its own; `shell` runs before it in the same process (`ulimit -f 64`). */
export async function spawnServer(
  directory: string,
  shell = 'true',
): Promise<{ process: ChildProcess; url: string; ended: Promise<void> }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn('sh', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, main], {
    env: {
      ...process.env,
      ESTEIRA_MODEL_SERVER_DIR: directory,
      ESTEIRA_SERVING_PORT: '0',
      ESTEIRA_LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) =>
      resolve((JSON.parse(line.toString().split('\n')[0] ?? '') as { httpUrl: string }).httpUrl),
    );
    void ended.then(() => reject(new Error('The model server ended.')));
  });
  return { process: child, url, ended };
}

export function trainGraph(bound: number, features: readonly string[] = flightFeatures): Uint8Array {
  const rows = 300;
  const columns = features.map((_, feature) =>
    Float32Array.from({ length: rows }, (_value, row) => ((row * (7 + 4 * feature)) % 101) / 10),
  );
  const labels = Float64Array.from({ length: rows }, (_, row) => Number((columns[0]?.[row] ?? 0) > bound));
  const { model } = trainGradientBoosting(
    { features: { rows, columns, names: features }, labels },
    { objective: 'binary', seed: 1, iterations: 5, maxLeaves: 4, minSamplesLeaf: 5 },
  );
  return exportOnnx({ preprocessing: null, model });
}
