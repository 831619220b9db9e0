import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What a server costs that nobody asks anything: resident memory of the whole process tree of `esteira serve` on an empty
 * data directory, and the time from its start to the first "yes" of `/ready`. Linux only: it reads `/proc`.
 *
 *   node bench/storage/idle.ts [runs] [extra flags of serve…]
 */
const limits = { megabytes: 200, seconds: 1.5 };
const esteira = resolve(import.meta.dirname, '../../node_modules/.bin/esteira');
const [runsGiven = '3', ...flags] = process.argv.slice(2);
const runs = Number(runsGiven);
const settleMs = 5_000;

const results: { seconds: number; cpuSeconds: number; megabytes: number }[] = [];
// The first start fills the cache of compiled code, as an installation does.
await measure();
for (let run = 0; run < runs; run++) results.push(await measure());

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const seconds = median(results.map((result) => result.seconds));
const cpuSeconds = median(results.map((result) => result.cpuSeconds));
const megabytes = Math.max(...results.map((result) => result.megabytes));
console.log(
  `idle memory   ${megabytes.toFixed(1)} MB, ${(megabytes / limits.megabytes).toFixed(2)} of the limit of ${limits.megabytes} MB`,
);
console.log(
  `start to ready ${seconds.toFixed(2)} s, ${(seconds / limits.seconds).toFixed(2)} of the limit of ${limits.seconds} s (processor time ${cpuSeconds.toFixed(2)} s; median of ${runs})`,
);
process.exitCode = megabytes < limits.megabytes && seconds < limits.seconds ? 0 : 1;

async function measure(): Promise<(typeof results)[number]> {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-idle-'));
  const port = await freePort();
  const began = performance.now();
  const words = ['serve', '--data-dir', join(folder, 'data'), '--port', String(port), '--log-level', 'error'];
  const child = spawn(esteira, [...words, '--serving-port', '0', '--serving-grpc-port', '0', ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    while (!(await isReady(port))) await pause(5);
    const ready = performance.now();
    const cpu = tree(child).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    await pause(settleMs);
    const bytes = tree(child).reduce((sum, pid) => sum + residentBytesOf(pid), 0);
    return { seconds: (ready - began) / 1000, cpuSeconds: cpu, megabytes: bytes / 1e6 };
  } finally {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`)).ok;
  } catch {
    return false;
  }
}

function tree(child: ChildProcess): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(Number(name))[1] ?? 0));
  }
  const found = [child.pid ?? 0];
  // Grows while it is walked: children of children are found too.
  for (const pid of found) for (const [each, parent] of parents) if (parent === pid) found.push(each);
  return found;
}

/** Fields of `/proc/<pid>/stat` behind the name: state, parent, … */
function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
}

function cpuSecondsOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

function residentBytesOf(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function freePort(): Promise<number> {
  return await new Promise((done) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
