import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { readOnnx } from '@esteira/ml';
import {
  makeEndpoint,
  makeKey,
  makeServerDirectory,
} from '../../packages/model-server/src/model-server.fixture.ts';

export interface BenchServer {
  readonly pid: number;
  readonly httpUrl: string;
  readonly grpcAddress: string;
  readonly token: string;
  /** Predictions in the log, once it has stopped. */
  logged(): number;
  stop(): Promise<void>;
}

const token = 'key-of-the-benchmark';
const scrapeToken = 'scrape-token-of-the-benchmark';
const scrapeMs = 1_000;

/** Serves the models of the load script: with a key, the prediction log, and metrics that are scraped every second. */
export async function serveBenchModels(options: { models: string; processes: string }): Promise<BenchServer> {
  const files = makeServerDirectory(Array.from({ length: 20 }, (_, index) => `x${index}`));
  const limits = { maxBodyBytes: 16 * 1024 * 1024, maxRows: 10_000, timeoutMs: 2_000 };
  const endpoints = ['gb', 'logreg'].map((name, index) => {
    const graph = readFileSync(join(options.models, `${name}.onnx`));
    const version = files.addVersion(index + 1, 0.5, graph, { operators: [...readOnnx(graph).operators] });
    return makeEndpoint(version, { name, stage: 'production', limits, keys: [makeKey(token)] });
  });
  files.write(endpoints);
  const root = resolve(import.meta.dirname, '../..');
  const main = join(root, 'packages/model-server/src/main.ts');
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      // As the launcher starts it: with the code that was compiled at the installation.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/esteira'),
      ESTEIRA_MODEL_SERVER_DIR: files.directory,
      ESTEIRA_SERVING_PORT: '0',
      ESTEIRA_SERVING_GRPC_PORT: '0',
      ESTEIRA_SERVING_PROCESSES: options.processes,
      ESTEIRA_METRICS_TOKEN: scrapeToken,
      ESTEIRA_LOG_LEVEL: 'error',
    },
  });
  const { httpUrl, grpcAddress } = await firstWords(child);
  const scraping = setInterval(() => {
    fetch(`${httpUrl}/metrics`, { headers: { authorization: `Bearer ${scrapeToken}` } })
      .then((answer) => answer.arrayBuffer())
      .catch(() => {});
  }, scrapeMs);
  let logged = 0;
  return {
    pid: child.pid ?? 0,
    httpUrl,
    grpcAddress,
    token,
    logged: () => logged,
    async stop() {
      clearInterval(scraping);
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
      logged = countLines(files.directory);
      files.remove();
    },
  };
}

async function firstWords(child: ChildProcess): Promise<{ httpUrl: string; grpcAddress: string }> {
  const { stdout } = child;
  if (stdout === null) throw new Error('The model server has no standard output.');
  return await new Promise((done, fail) => {
    createInterface({ input: stdout }).once('line', (line) => done(JSON.parse(line)));
    child.once('exit', (code) => fail(new Error(`The model server ended with ${code} before it listened.`)));
  });
}

/** Lines of every spool below a folder. */
function countLines(directory: string): number {
  let lines = 0;
  for (const entry of readdirSync(directory)) {
    const path = join(directory, entry);
    if (statSync(path).isDirectory()) lines += countLines(path);
    else if (entry.endsWith('.ndjson')) for (const byte of readFileSync(path)) lines += Number(byte === 0x0a);
  }
  return lines;
}
