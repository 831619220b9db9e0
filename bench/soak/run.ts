// npm run soak -- [SECONDS = 1800] [--share 0.7] [--processes 2] [--sla 50] [--save]
// One endpoint under a constant load at 70 % of its sustained peak (the highest rate with a p99 within the SLA in ms at which the
// log keeps up, held for 30 s before, less in a run of less than 120 s), or another share where the machine is not its own: left alone, with
// its version swapped, without the control plane, and with the processes that answer killed. Then everything is counted. What
// must be right is asserted of every run, times and memory from 10 minutes on; it ends with 1 when something is not so.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { trainGraph } from '../../packages/model-server/src/model-server.fixture.ts';
import { judgeCorrectness, judgeTimes, type SoakOutcome, type Verdict } from './judge-soak.ts';
import { createKillWatch, type KillWatch, unsettledMs } from './kill-watch.ts';
import { type HeldResources, openSoakHouse, type SoakHouse } from './soak-house.ts';
import { createSoakLoad, type PhaseLoad, type SoakLoad } from './soak-load.ts';
import { findSustainedPeak, type SustainedPeak } from './sustained-peak.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    share: { type: 'string', default: '0.7' },
    processes: { type: 'string', default: '2' },
    sla: { type: 'string', default: '50' },
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
const slaMs = Number(values.sla);
if (!(slaMs > 0)) {
  console.error('NOT RUN: --sla is a number of ms above 0');
  process.exit(2);
}
const endpoint = 'soak';
const features = Array.from({ length: 20 }, (_, index) => `x${index}`);
const callers = 32;
const killRate = 2_000;
const wantedSwaps = Math.max(3, Math.round((200 * seconds) / 1_800));
const wantedKills = Math.min(20, Math.max(3, Math.round(seconds / 60)));
const backWithinMs = 120_000;
/** A minute, or a part of a run that has few of them. */
const windowSeconds = Math.min(60, Math.max(2, seconds / 30));
const timesCountFrom = 600;
const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'esteira-soak-'));

try {
  const house = await openSoakHouse(folder, Number(values.processes));
  try {
    if (house.notBundled !== undefined) tell(`The model server runs from its sources: ${house.notBundled}.`);
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
  const peak = await findSustainedPeak({
    load,
    slaMs,
    burstPerSecond: await load.peak(callers, Math.min(10, seconds / 20)),
    logged: async () => (await reconcile(house)).logged,
    onTry: ({ ratePerSecond, p99Ms, logBehindSeconds, kept }) =>
      tell(
        `${ratePerSecond} a second ${kept ? 'kept' : 'not kept'}: p99 ${(p99Ms ?? 0).toFixed(1)} ms, the log ${logBehindSeconds} s behind`,
      ),
    seconds: { each: Math.min(10, seconds / 24), last: seconds < 120 ? seconds / 8 : 30 },
  });
  const rate = shareOfPeak * peak.perSecond;
  tell(describePeak(peak));
  tell(`${Math.round(rate)} requests a second from now on`);

  const warm = await phase('warm', load.during(rate, sleep(100 * seconds)));
  const held: HeldResources[] = [house.held()];
  const steady: PhaseLoad[] = [];
  const controlPlaneBytes: number[][] = [];
  const nothingHappens = async (): Promise<void> => {
    const bytes: number[] = [];
    controlPlaneBytes.push(bytes);
    for (let past = 0; past < 0.2 * seconds; past += windowSeconds) {
      steady.push(await phase('steady', load.during(rate, sleep(1_000 * windowSeconds))));
      held.push(house.held());
      bytes.push(house.controlPlaneBytes());
    }
    tell(`the control plane holds ${bytes.map((each) => Math.round(each / 2 ** 20)).join(', ')} MiB`);
  };
  await nothingHappens();
  const swaps = { wanted: wantedSwaps, done: 0 };
  const swapping = async (): Promise<void> => {
    for (; swaps.done < swaps.wanted; swaps.done++) {
      if (swaps.done > 0 && swaps.done % 25 === 0) tell(`${swaps.done} of ${swaps.wanted} swaps`);
      await house.swap(endpoint, (swaps.done % 2 === 0 ? first : second).modelVersionId);
    }
  };
  const swapped = await phase('swaps', load.during(rate, swapping()));
  const away = await phase(
    'control plane away',
    load.during(rate, house.withoutControlPlane((seconds * 1_000) / 6)),
  );
  await nothingHappens();
  const watch = createKillWatch(() => performance.now());
  const killed = await phase(
    'kills',
    load.during(Math.min(killRate, rate), killWorkers(house, load, watch), watch.see),
  );
  load.close();
  return {
    peak,
    phases: { warm, swaps: swapped, away, kills: killed },
    steady,
    held,
    controlPlaneBytes,
    swaps,
    kills: watch.outcomes(),
    unexplained: watch.unexplained(),
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
async function killWorkers(house: SoakHouse, load: SoakLoad, watch: KillWatch): Promise<void> {
  for (let number = 0; number < wantedKills; number++) {
    await sleep(unsettledMs + 500);
    const victim = (await allWorkers(house)).at(number % Number(values.processes));
    if (victim === undefined) continue;
    watch.killed(load.inFlight());
    process.kill(victim, 'SIGKILL');
  }
  await sleep(unsettledMs + 500);
  await allWorkers(house);
}

async function allWorkers(house: SoakHouse): Promise<readonly number[]> {
  const until = performance.now() + backWithinMs;
  for (;;) {
    const workers = house.workers();
    if (workers.length === Number(values.processes)) return workers;
    if (performance.now() > until) throw new Error('A process that was killed does not come back.');
    await sleep(100);
  }
}

/** What was answered reaches the log of the control plane a moment later. */
async function settleLog(house: SoakHouse, answered: number) {
  for (let tries = 0; ; tries++) {
    const { served, logged } = await reconcile(house);
    if ((served === logged && logged >= answered) || tries === 300) return { served, logged };
    await sleep(200);
  }
}

async function reconcile(house: SoakHouse) {
  return await house.client.serving.reconciliation({ params: { name: endpoint } });
}

function describePeak({
  perSecond,
  seconds: held,
  kept,
  p99Ms,
  logBehindSeconds,
  burstPerSecond,
}: SustainedPeak): string {
  const [rate, burst] = [perSecond, burstPerSecond].map((value) => Math.round(value));
  return `${rate} requests a second ${kept ? 'sustained' : 'NOT SUSTAINED'} for ${Math.round(held)} s, p99 ${(p99Ms ?? 0).toFixed(1)} of ${slaMs} ms, the log ${logBehindSeconds} s behind; ${burst} in a burst`;
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

function save(outcome: SoakOutcome, verdicts: readonly Verdict[]): void {
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    processor: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
  };
  const document = {
    ...{ date, machine, seconds, windowSeconds, processes: Number(values.processes), shareOfPeak },
    ...outcome,
    verdicts,
  };
  const path = join(results, `${date}.json`);
  writeFileSync(path, JSON.stringify(document));
  const biome = resolve(import.meta.dirname, '../../node_modules/.bin/biome');
  execFileSync(biome, ['format', '--write', path], { stdio: 'ignore' });
  tell(`written to ${path}`);
}

function tell(words: string): void {
  console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${words}`);
}
