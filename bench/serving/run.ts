import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { serveBenchModels } from './serve-bench-models.ts';
import { targetWords } from './targets.ts';

/**
 * What callers get from the model server beside what other servers gave with the same models and load, on one machine in one
 * hour: keys, prediction log and metrics are on here. The load script and its Python environments are kept beside the
 * repository; `setup_peers.sh` there makes them.
 *
 *   PEERS_DIR=… MODELS_DIR=… npm run bench:serving -- ../shared/bench/serving [--seconds 4] [--processes 2] [--only-ours]
 *
 * `--only-ours` takes the figures of the peers from the last run. Prints every figure with its ratios, keeps them in
 * results/, and exits 1 when a target is missed. The models are served from a folder, without a control plane beside.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '4' },
    processes: { type: 'string', default: String(availableParallelism()) },
    'only-ours': { type: 'boolean', default: false },
  },
});
const [place] = positionals;
const peersDirectory = process.env.PEERS_DIR;
const modelsDirectory = process.env.MODELS_DIR;
if (place === undefined || !existsSync(join(place, 'run.py')))
  stop('name the folder of the load script, with its run.py');
if (
  peersDirectory === undefined ||
  modelsDirectory === undefined ||
  !existsSync(join(modelsDirectory, 'gb.onnx'))
)
  stop('set PEERS_DIR and MODELS_DIR to what setup_peers.sh made');

const folder = resolve(place);
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
const [processor] = cpus();
console.log(
  `${cpus().length} × ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, load ${loadavg()[0]?.toFixed(1)}`,
);
const peers = join(results, 'peers.json');
if (!flags['only-ours'] || !existsSync(peers)) measurePeers();
process.exitCode = await measureOurs();

function measurePeers(): void {
  const only = 'fastapi-ort-w2,mlserver-sklearn-pw0,mlserver-onnx-pw0,mlflow-serve-w1,mlflow-serve-w2';
  const status = load([
    'peers',
    '--only',
    only,
    '--models',
    'gb',
    '--seconds',
    flags.seconds,
    '--out',
    peers,
  ]);
  if (status !== 0) stop(`the load script ended with ${status}`);
}

async function measureOurs(): Promise<number> {
  const server = await serveBenchModels({
    models: join(modelsDirectory ?? '', '.'),
    processes: flags.processes,
  });
  try {
    return load([
      ...['target', '--name', 'esteira', '--models', 'gb', '--seconds', flags.seconds],
      ...['--http-url', server.httpUrl, '--grpc-addr', server.grpcAddress, '--pid', String(server.pid)],
      ...['--protocol', 'v2,v2bin,invocations', '--invocations-path', '/models/{model}/invocations'],
      ...['--token', server.token, '--peers', peers, '--out', join(results, 'esteira.json')],
      ...targetWords,
    ]);
  } finally {
    await server.stop();
    const read = JSON.parse(readFileSync(join(results, 'esteira.json'), 'utf8')) as { results?: unknown[] };
    console.log(`${read.results?.length ?? 0} scenarios; logged ${server.logged()} predictions`);
  }
}

function load(words: readonly string[]): number {
  const python = join(resolve(peersDirectory ?? ''), 'judge/bin/python');
  const { status } = spawnSync(python, [join(folder, 'run.py'), ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PEERS_DIR: resolve(peersDirectory ?? ''),
      MODELS_DIR: resolve(modelsDirectory ?? ''),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  return status ?? 1;
}

function stop(problem: string): never {
  console.error(`NOT RUN: ${problem}`);
  process.exit(2);
}
