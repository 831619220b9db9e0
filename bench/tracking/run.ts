import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findLoad, type LoadResult, type Target, targetsBeside, targetsOf } from './targets.ts';

/**
 * What MLflow's clients get from this server, beside what MLflow's own server gave: the load script and the peer's figures
 * are kept beside the repository.
 *
 *   npm run bench:tracking -- ../shared/bench/tracking [--seconds 5] [--database postgres://… of a durable server, empty]
 *     [--peer load.json]
 *
 * `--peer` is what the load script wrote of MLflow's server on this machine: what is asked as a multiple is asked of its figures.
 * They are of use only when nothing else ran meanwhile; what the machine was doing is printed and kept with them. Prints each
 * figure with its ratio to the peer and to its target, keeps them in results/, and exits 1 when one is missed.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    database: { type: 'string' },
    peer: { type: 'string' },
  },
});
const [place] = positionals;
if (place === undefined || !existsSync(join(place, 'bench.mjs'))) {
  console.error('NOT RUN: name the folder of the load script, with its bench.mjs');
  process.exit(2);
}
const engine = flags.database === undefined ? 'sqlite' : 'postgres';
const peer = readLoad(flags.peer ?? join(place, `results/mlflow-3.17.2-${engine}.json`));
const targets = flags.peer === undefined ? targetsOf(engine) : targetsBeside(engine, peer);
const { label, date: measuredAt, machine: measuredOn } = peer;
console.log('beside', JSON.stringify({ label, date: measuredAt, machine: measuredOn }));
const before = loadavg()[0] ?? 0;
const ours = measure(resolve(place));
const rows = targets.map((target) => compare(target));
console.table(Object.fromEntries(rows.map(({ name, ...row }) => [name, row])), [
  'unit',
  'ours',
  'peer',
  'ratio',
  'target',
  'met',
]);
save();
if (rows.some(({ met }) => !met)) process.exitCode = 1;

function measure(folder: string): LoadResult {
  const scratch = mkdtempSync(join(tmpdir(), 'esteira-bench-'));
  const token = `owner${randomBytes(24).toString('hex')}`;
  const esteira = resolve(import.meta.dirname, '../../node_modules/.bin/esteira');
  const database = flags.database === undefined ? '' : ` --database-url ${flags.database}`;
  const command = `${esteira} serve --json --log-level warn --port {port} --serving-port 0 --serving-grpc-port 0 --data-dir {dir}/data${database}`;
  const out = join(scratch, 'load.json');
  const words = ['--label', 'Esteira', '--seconds', flags.seconds, '--token', token, '--out', out];
  const environment = ['--env', `ESTEIRA_BOOTSTRAP_TOKEN=${token}`];
  try {
    const { status } = spawnSync(
      process.execPath,
      [join(folder, 'bench.mjs'), ...words, ...environment, '--cmd', command, '--assert-no-errors'],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    if (status !== 0) throw new Error(`the load script ended with ${status}`);
    return readLoad(out);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function compare(target: Target) {
  const mine = findLoad(ours, target.path);
  // A measurement that was not made is no pass; where the peer's was not, it could not answer.
  if (mine === undefined) throw new Error(`there is no figure ${target.path.join('.')}`);
  const theirs = findLoad(peer, target.path) ?? Number.NaN;
  const ratio = target.better === 'higher' ? mine / theirs : theirs / mine;
  const met = target.better === 'higher' ? mine >= target.value : mine <= target.value;
  const sign = target.better === 'higher' ? '≥' : '≤';
  return {
    name: target.name,
    unit: target.unit,
    ours: round(mine),
    peer: round(theirs),
    ratio: round(ratio),
    target: `${sign} ${target.value}`,
    met,
  };
}

function save(): void {
  const date = new Date().toISOString();
  const path = join(import.meta.dirname, `results/${date.slice(0, 10)}-${engine}.json`);
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    node: process.version,
    loadBefore: before,
  };
  const beside = { label, date: measuredAt, machine: measuredOn, isOfThisMachine: flags.peer !== undefined };
  const kept = { date, machine, seconds: Number(flags.seconds), peer: beside, rows, load: ours };
  writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`);
  console.log(`kept in ${path}`);
}

function readLoad(path: string): LoadResult {
  return JSON.parse(readFileSync(path, 'utf8')) as LoadResult;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
