import { setTimeout as pause } from 'node:timers/promises';
import { createConnectionBalance } from './connection-balance.ts';
import type { FleetScaling } from './fleet-scaling.ts';
import type { EndWords, ListeningWords } from './fleet-words.ts';
import { hasUnshipped, knownProcesses, processDirectory, serverFolders } from './process-directory.ts';
import { type ServingProcess, startServingProcess } from './serving-process.ts';
import { openSharedPort } from './shared-port.ts';
import { stopLeftover } from './stop-leftover.ts';
import { mayRaisePriority } from './thread-priority.ts';

export interface FleetLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Processes that serve the same endpoints on the same ports. */
export interface Fleet {
  /** The addresses of the first process, which are those of all but for the inner one. */
  readonly address: ListeningWords;
  /** Lets every process end its requests and ship its predictions; resolves with what they used. */
  stop(): Promise<EndWords>;
}

export interface FleetOptions {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number | undefined;
  /** Processes to begin with. */
  readonly least: number;
  /** Says when there are to be more or fewer. */
  readonly scaling: FleetScaling;
  /** What the processes inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const lookMs = 500;
/** Connections come many at once, to whoever wakes first: until they are shared out again one process works for all. */
const balanceMs = 100;
const firstPauseMs = 200;
const longestPauseMs = 10_000;
const healthyMs = 10_000;
/** A process that says nothing for this long hangs. */
const silentMs = 15_000;

/**
 * Starts the processes and keeps them: one that dies is started again while the others go on, more are started under load
 * and the last ones stopped when it is gone. They listen on the same sockets, which this process holds open without taking
 * anything from them: a connection that nobody has taken yet outlives whoever dies. Each has a spool of its own, which whoever
 * gets its number next ships.
 */
export async function serveFleet(options: FleetOptions, log: FleetLog): Promise<Fleet> {
  const monotonic = () => performance.now();
  const running = new Map<number, ServingProcess>();
  const loops = new Map<number, Promise<void>>();
  const leaving = new Set<number>();
  const used = { peakMemoryBytes: 0, cpuSeconds: 0 };
  const ending = new AbortController();
  const balance = createConnectionBalance({ monotonic });
  const mayYield = mayRaisePriority();

  function start(number: number): ServingProcess {
    const serving = startServingProcess({
      number,
      monotonic,
      sockets: { rest: restPort.descriptors, grpc: grpcPort?.descriptors ?? [] },
      yields: mayYield && running.size > 0,
      environment: {
        ...options.environment,
        ESTEIRA_MODEL_SERVER_DIR: processDirectory(options.directory, number),
        ESTEIRA_SERVING_FLEET_DIR: options.directory,
        ESTEIRA_SERVING_PROCESS: String(number),
        ESTEIRA_SERVING_PORT: String(restPort.port),
        ...(grpcPort === undefined ? {} : { ESTEIRA_SERVING_GRPC_PORT: String(grpcPort.port) }),
      },
    });
    running.set(number, serving);
    return serving;
  }

  async function keep(number: number, first: ServingProcess): Promise<void> {
    let pauseMs = firstPauseMs;
    let serving: ServingProcess | undefined = first;
    while (!ending.signal.aborted && !leaving.has(number)) {
      serving ??= start(number);
      const end = await serving.ended;
      running.delete(number);
      used.peakMemoryBytes += end?.peakMemoryBytes ?? 0;
      used.cpuSeconds += end?.cpuSeconds ?? 0;
      if (ending.signal.aborted || leaving.has(number)) break;
      pauseMs =
        monotonic() - serving.startedAt >= healthyMs ? firstPauseMs : Math.min(longestPauseMs, 2 * pauseMs);
      log.warn(
        { process: number, pid: serving.pid, pauseMs },
        'A serving process ended and is started again',
      );
      serving = undefined;
      await pause(pauseMs, undefined, { signal: ending.signal }).catch(() => {});
    }
    leaving.delete(number);
    loops.delete(number);
  }

  function ensure(number: number): void {
    if (!loops.has(number)) loops.set(number, keep(number, start(number)));
  }

  function look(): void {
    const now = monotonic();
    const loads = [];
    for (const serving of running.values()) {
      const beat = serving.heartbeat();
      if (now - (beat?.at ?? serving.startedAt) > (beat === undefined ? 4 : 1) * silentMs) {
        log.warn({ process: serving.number, pid: serving.pid }, 'A serving process hangs and is ended');
        serving.kill();
      }
      if (beat === undefined || leaving.has(serving.number)) continue;
      loads.push(beat.word);
    }
    const verdict = options.scaling.judge(loads);
    if (verdict === 'grow' && loads.length === loops.size) grow();
    if (verdict === 'shrink') shrink();
  }

  function shareOut(): void {
    const listening = [];
    for (const serving of running.values()) {
      const beat = serving.heartbeat();
      if (beat === undefined || leaving.has(serving.number)) continue;
      listening.push({ serving, pid: serving.pid, connections: beat.word.connections });
    }
    const surpluses = balance.judge(listening);
    for (const [at, connections] of surpluses?.entries() ?? []) listening[at]?.serving.shed(connections);
  }

  function grow(): void {
    let number = 1;
    while (loops.has(number)) number += 1;
    log.info({ process: number }, 'The serving processes are busy; one more is started');
    ensure(number);
  }

  function shrink(): void {
    const last = Math.max(...running.keys());
    if (last === 0) return;
    log.info({ process: last }, 'The serving processes have little to do; one is stopped');
    leaving.add(last);
    running.get(last)?.stop();
  }

  for (const place of serverFolders(options.directory)) await stopLeftover(place, ending.signal);
  const restPort = await openSharedPort(options.host, options.port);
  const grpcPort =
    options.grpcPort === undefined ? undefined : await openSharedPort(options.host, options.grpcPort);
  ensure(0);
  const first = running.get(0);
  if (first === undefined) throw new Error('The first serving process could not be started.');
  const address = await first.listening;
  for (let number = 1; number < options.least; number++) ensure(number);
  // What an earlier start left in a spool is shipped by whoever has its number.
  for (const number of knownProcesses(options.directory)) {
    if (number > 0 && hasUnshipped(processDirectory(options.directory, number))) ensure(number);
  }
  await Promise.all([...running.values()].map((serving) => serving.listening.catch(() => {})));
  const timers = [setInterval(look, lookMs), setInterval(shareOut, balanceMs)];

  return {
    address,
    async stop() {
      for (const timer of timers) clearInterval(timer);
      ending.abort();
      // Nobody is to wait in a queue that nobody will look at: each process takes what is there and ends its own listening.
      restPort.close();
      grpcPort?.close();
      for (const serving of running.values()) serving.stop();
      await Promise.all(loops.values());
      return used;
    },
  };
}
