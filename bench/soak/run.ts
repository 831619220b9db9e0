// npm run soak -- [SECONDS = 1800] [--share 0.7] [--processes 2] [--save]
// One endpoint under a constant load at 70 % of its peak, or another share where the machine is not its own: left alone, with
// its version swapped, without the control plane, and with the processes that answer killed. Then everything is counted. What
// must be right is asserted of every run, times and memory from 10 minutes on.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { trainGraph } from '../../packages/model-server/src/model-server.fixture.ts';
import { judgeCorrectness, judgeTimes, type Kill, type SoakOutcome, type Verdict } from './judge-soak.ts';
import { openSoakHouse, type SoakHouse } from './soak-house.ts';
import { createSoakLoad, type PhaseLoad, type SoakLoad, type SoakRequest } from './soak-load.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    share: { type: 'string', default: '0.7' },
    processes: { type: 'string', default: '2' },
    save: { type: 'boolean', default: false },
  },
});
const seconds = Number(positionals[0] ?? 1_800);
if (!Number.isInteger(seconds) || seconds < 30) {
  console.error('NOT RUN: name a whole number of seconds, 30 at least');
  process.exit(2);
}
const shareOfPeak = Number(values.share);
if (!(shareOfPeak > 0 && shareOfPeak <= 1)) {
  console.error('NOT RUN: --share is a number above 0, 1 at most');
  process.exit(2);
}
const endpoint = 'soak';
const features = Array.from({ length: 20 }, (_, index) => `x${index}`);
const callers = 32;
const killRate = 2_000;
const wantedSwaps = Math.max(3, Math.round((200 * seconds) / 1_800));
const timesCountFrom = 600;
const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'esteira-soak-'));

try {
  const house = await openSoakHouse(folder, Number(values.processes));
  try {
    report(await soak(house));
  } finally {
    await house.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function soak(house: SoakHouse): Promise<SoakOutcome> {
  const first = await deployGraph(house, 3);
  const second = await deployGraph(house, 6);
  const load = createSoakLoad({
    url: house.url,
    endpoint,
    key: first.key ?? '',
    features: features.length,
  });
  await load.ready();
  await load.peak(callers, Math.min(10, seconds / 20));
  const peakPerSecond = await load.peak(callers, Math.min(10, seconds / 20));
  const rate = shareOfPeak * peakPerSecond;
  tell(`${Math.round(peakPerSecond)} requests a second at most; ${Math.round(rate)} from now on`);
  const part = (share: number) => sleep(share * seconds * 1_000);

  const warm = await phase('warm', load.during(rate, part(0.1)));
  const before = house.memoryBytes();
  const steady: PhaseLoad[] = [];
  for (let number = 1; number <= 4; number++)
    steady.push(await phase(`steady ${number}`, load.during(rate, part(0.1))));
  const swaps = { wanted: wantedSwaps, done: 0 };
  const swapping = async (): Promise<void> => {
    for (; swaps.done < swaps.wanted; swaps.done++)
      await house.swap(endpoint, (swaps.done % 2 === 0 ? first : second).modelVersionId);
  };
  const swapped = await phase('swaps', load.during(rate, swapping()));
  const away = await phase(
    'control plane away',
    load.during(rate, house.withoutControlPlane((seconds * 1_000) / 6)),
  );
  const after = house.memoryBytes();
  const kills: Kill[] = [];
  const killedUnder: SoakRequest[] = [];
  const killed = await phase(
    'kills',
    load.during(Math.min(killRate, rate), killWorkers(house, load, kills), (request) =>
      killedUnder.push(request),
    ),
  );
  load.close();
  return {
    peakPerSecond,
    phases: { warm, swaps: swapped, away, kills: killed },
    steady,
    swaps,
    kills,
    killedUnder,
    memoryBytes: { before, after },
    answered: load.answered(),
    log: await settleLog(house, load.answered()),
  };
}

async function deployGraph(house: SoakHouse, bound: number) {
  const path = join(folder, `above-${bound}.onnx`);
  writeFileSync(path, trainGraph(bound, features));
  return await house.deploy(endpoint, path);
}

/** Kills one after the other, each time when all of them answer again. */
async function killWorkers(house: SoakHouse, load: SoakLoad, kills: Kill[]): Promise<void> {
  const until = performance.now() + Math.max(10, seconds / 20) * 1_000;
  for (let number = 0; performance.now() < until; number++) {
    await sleep(2_500);
    const workers = house.workers();
    const victim = workers[number % workers.length];
    if (victim === undefined || workers.length < Number(values.processes)) continue;
    kills.push({ at: performance.now(), inFlight: load.inFlight() });
    process.kill(victim, 'SIGKILL');
  }
  await sleep(2_500);
}

/** What was answered reaches the log of the control plane a moment later. */
async function settleLog(house: SoakHouse, answered: number) {
  for (let tries = 0; ; tries++) {
    const { served, logged } = await house.client.serving.reconciliation({ params: { name: endpoint } });
    if ((served === logged && logged >= answered) || tries === 300) return { served, logged };
    await sleep(200);
  }
}

async function phase(name: string, load: Promise<PhaseLoad>): Promise<PhaseLoad> {
  const { p50Ms, p99Ms, maxMs, requests, problems } = await load;
  const times = [p50Ms, p99Ms, maxMs].map((ms) => (ms ?? 0).toFixed(1)).join(' / ');
  const failures = Object.entries(problems).map(([problem, count]) => `, ${count} ${problem}`);
  tell(`${name.padEnd(18)} ${String(requests).padStart(8)} requests, ${times} ms${failures.join('')}`);
  return await load;
}

function report(outcome: SoakOutcome): void {
  const asserted = judgeCorrectness(outcome);
  const times = judgeTimes(outcome);
  const counted = seconds >= timesCountFrom ? [...asserted, ...times] : asserted;
  console.log(`\n${seconds} s, ${values.processes} processes; p50 / p99 / max above`);
  for (const verdict of asserted) show(verdict, verdict.ok ? 'ok' : 'FAIL');
  for (const verdict of times) show(verdict, seconds < timesCountFrom ? 'seen' : verdict.ok ? 'ok' : 'FAIL');
  const passed = counted.filter(({ ok }) => ok).length;
  if (values.save) save(outcome, [...asserted, ...times]);
  console.log(`${passed} passed, ${counted.length - passed} failed`);
  process.exitCode = passed === counted.length ? 0 : 1;
}

function show({ what, found }: Verdict, word: string): void {
  console.log(`${word.padEnd(4)}  ${what.padEnd(56)}  ${found}`);
}

function save({ killedUnder: _, ...outcome }: SoakOutcome, verdicts: readonly Verdict[]): void {
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    processor: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
  };
  const document = { date, machine, seconds, processes: Number(values.processes), ...outcome, verdicts };
  writeFileSync(join(results, `${date}.json`), `${JSON.stringify(document, null, 2)}\n`);
}

function tell(words: string): void {
  console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${words}`);
}
