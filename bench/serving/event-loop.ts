import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BundleRef, ServedEndpoint } from '../../packages/contracts/src/index.ts';
import { exportOnnx, type Tree } from '../../packages/ml/src/index.ts';
import { makeIdentityGraph } from '../../packages/model-server/src/identity-graph.fixture.ts';
import {
  makeEndpoint,
  makeKey,
  makeServerDirectory,
} from '../../packages/model-server/src/model-server.fixture.ts';
import { startModelServer } from '../../packages/model-server/src/start-model-server.ts';
import type { FromControlPlane, ToControlPlane } from './control-plane.child.ts';

/**
 * What keeps the thread that answers from answering: `npm run bench:event-loop`. Deploys a graph of 200 MB and ensembles of
 * 2,000 trees, swaps and takes them back, brings 200 endpoints and changes their keys, while an endpoint is asked. Prints for
 * each the longest delay of the event loop (what a caller waits), and the most processor time between two looks at it (what
 * the thread itself is to blame for: others on the machine do not count). Exits 1 when that exceeds 50 ms.
 */
const mostMs = 50;
const lookEveryMs = 5;
const features = Array.from({ length: 20 }, (_, index) => `x${index}`);

const files = makeServerDirectory(features);
const folder = mkdtempSync(join(tmpdir(), 'event-loop-'));
const child = fork(join(import.meta.dirname, 'control-plane.child.ts'), [files.directory]);
const heard: FromControlPlane[] = [];
child.on('message', (message: FromControlPlane) => heard.push(message));
let revision = 0;
let missed = 0;

const question = {
  inputs: [{ name: 'X', datatype: 'FP32', shape: [1, features.length], data: features.map(() => 3) }],
};
const small = makeEndpoint(files.addVersion(1, 5), { name: 'small' });
const graph = endpointOf('graph', largeGraph(2));
const before = endpointOf('trees', ensemble(3, 5));
const after = endpointOf('trees', ensemble(4, 7));
const many = Array.from({ length: 200 }, (_, index) => ({ ...small, name: `small-${index}` }));

const { url } = await next('listening');
const server = await startModelServer(
  {
    directory: folder,
    host: '127.0.0.1',
    port: 0,
    controlPlane: { url, token: 'bench' },
    shipPauseMs: 500,
    statusIntervalMs: 200,
    drainMs: 1_000,
  },
  { info() {}, warn() {}, error: (fields, text) => console.error(text, fields) },
);
console.log(
  `${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}; at most ${mostMs} ms of the thread`,
);
try {
  await measure('one small endpoint', [small]);
  tell({ kind: 'ask', url: `${server.httpUrl}/v2/models/small/infer`, body: JSON.stringify(question) });
  await measure('a graph of 200 MB comes', [small, graph]);
  await measure('2,000 trees of 32 leaves come', [small, graph, before]);
  await measure('2,000 trees of 128 leaves take their place', [small, graph, after]);
  await measure('the trees are rolled back', [small, graph, before]);
  await measure('graph and trees go', [small]);
  await measure('200 endpoints come', [small, ...many]);
  const keys = Array.from({ length: 50 }, (_, index) => makeKey(`other-${index}`));
  await measure('their keys are changed', [small, ...many.map((one) => ({ ...one, revision: 2, keys }))]);
} finally {
  await server.stop();
  child.disconnect();
  files.remove();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed === 0 ? 0 : 1;

async function measure(what: string, endpoints: readonly ServedEndpoint[]): Promise<void> {
  const delays = monitorEventLoopDelay({ resolution: lookEveryMs });
  let longestCpu = 0;
  let seen = process.threadCpuUsage();
  const look = setInterval(() => {
    const now = process.threadCpuUsage();
    longestCpu = Math.max(longestCpu, now.user + now.system - seen.user - seen.system);
    seen = now;
  }, lookEveryMs);
  delays.enable();
  const began = performance.now();
  revision += 1;
  tell({ kind: 'snapshot', snapshot: { workspace: 'ws', revision, endpoints: [...endpoints] } });
  const { problems } = await next('applied');
  clearInterval(look);
  delays.disable();
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const cpuMs = longestCpu / 1_000;
  const { ok, failed } = await next('answered');
  const verdict = cpuMs > mostMs || problems.length > 0 || failed > 0 ? 'MISSED' : 'ok';
  if (verdict === 'MISSED') missed += 1;
  console.log(
    `${verdict.padEnd(6)} ${what}: delayed ${(delays.max / 1e6).toFixed(0)} ms at most, the thread ${cpuMs.toFixed(0)} ms; applied after ${seconds} s; ${ok} answers so far, ${failed} failed`,
  );
  for (const problem of problems) console.log(`       ${problem}`);
}

async function next<K extends FromControlPlane['kind']>(kind: K): Promise<FromControlPlane & { kind: K }> {
  for (;;) {
    const at = heard.findIndex((message) => message.kind === kind);
    if (at >= 0) return heard.splice(at, 1)[0] as FromControlPlane & { kind: K };
    await new Promise((resolve) => child.once('message', resolve));
  }
}

function tell(message: ToControlPlane): void {
  child.send(message);
}

function endpointOf(name: string, bundle: BundleRef): ServedEndpoint {
  return makeEndpoint(bundle, { name, revision: bundle.version });
}

/** A small graph with 200 MB of numbers that nothing reads; what is written twice of a message of protobuf is put together. */
function largeGraph(version: number): BundleRef {
  const { onnx, signature } = makeIdentityGraph([{ name: 'a', datatype: 'FP32' }]);
  const count = 50_000_000;
  const tensor = [
    Buffer.from([0x08, ...varint(count), 0x10, 1, 0x42, 1, 0x77]),
    field(9, Buffer.alloc(4 * count, 7)),
  ];
  const initializer = field(7, field(5, Buffer.concat(tensor)));
  return files.addVersion(version, 0, Buffer.concat([onnx, initializer]), signature);
}

function ensemble(version: number, depth: number): BundleRef {
  const trees = Array.from({ length: 2_000 }, (_, tree) => fullTree(tree, depth));
  const onnx = exportOnnx({
    preprocessing: null,
    model: {
      kind: 'gradient_boosting',
      objective: 'binary',
      classes: [0, 1],
      importance: { gain: [], splits: [] },
      featureNames: features,
      ensemble: { features: features.length, outputs: 1, baseScores: [0], trees },
    },
  });
  return files.addVersion(version, 0, onnx);
}

function fullTree(tree: number, depth: number): Tree {
  const inner = 2 ** depth - 1;
  const size = 2 ** (depth + 1) - 1;
  const of = (value: (node: number) => number) => Array.from({ length: size }, (_, node) => value(node));
  return {
    firstOutput: 0,
    width: 1,
    feature: Int32Array.from(of((node) => (node < inner ? (tree * 7 + node * 3) % features.length : -1))),
    threshold: Float64Array.from(of((node) => Math.sin(tree * 1.3 + node))),
    left: Int32Array.from(of((node) => (node < inner ? 2 * node + 1 : -1))),
    right: Int32Array.from(of((node) => (node < inner ? 2 * node + 2 : -1))),
    missingLeft: new Uint8Array(size),
    values: Float64Array.from(of((node) => (node < inner ? 0 : Math.cos(tree + node) / 100))),
    cover: new Float64Array(0),
    gain: new Float64Array(0),
  };
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(content.length)]), content]);
}

function varint(value: number): number[] {
  return value > 0x7f ? [(value & 0x7f) | 0x80, ...varint(value >>> 7)] : [value];
}
