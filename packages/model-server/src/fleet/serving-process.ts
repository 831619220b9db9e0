import { type ChildProcess, spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Connections, EndWords, Heartbeat, ListeningWords, ShedWord } from './fleet-words.ts';
import { lowerPriority, setPriorityOfThreads } from './thread-priority.ts';

/** One of the processes that serve on a port. */
export interface ServingProcess {
  readonly number: number;
  readonly pid: number;
  readonly startedAt: number;
  /** Rejects when it ends before it listens. */
  readonly listening: Promise<ListeningWords>;
  readonly ended: Promise<EndWords | undefined>;
  /** The last it said of itself, with the time of the monotonic clock. */
  heartbeat(): { readonly at: number; readonly word: Heartbeat } | undefined;
  shed(connections: Connections): void;
  stop(): void;
  kill(): void;
}

/**
 * Requests leave garbage that lies outside the heap and goes with the young generation: a small one goes often. What outlives
 * it is cleared away when half as much again has come together.
 */
const heapFlags = ['--max-semi-space-size=4', '--initial-old-space-size=40', '--heap-growing-percent=50'];
/** Each thread that compiles would keep memory of its own. */
const fewArenas = { MALLOC_ARENA_MAX: '2' };
/** Standard input, output and error, and the channel: what is inherited beyond them comes after. */
const usualDescriptors = 4;
/** A machine that has nothing left for a start needs whoever is started all the more. */
const longestYieldMs = 5_000;

export function startServingProcess(options: {
  readonly number: number;
  /** Descriptors of the sockets that it listens on. */
  readonly sockets: { readonly rest: readonly number[]; readonly grpc: readonly number[] };
  /** Its start leaves the processors to those that answer; only where its priority can be given back. */
  readonly yields: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly monotonic: () => number;
}): ServingProcess {
  const path = fileURLToPath(new URL('../main.ts', import.meta.url));
  const { rest, grpc } = options.sockets;
  const priority = getPriority();
  const inherited = (count: number, from: number) =>
    Array.from({ length: count }, (_, at) => usualDescriptors + from + at).join();
  const child = spawn(process.execPath, [...heapFlags, path], {
    env: {
      ...fewArenas,
      ...options.environment,
      ESTEIRA_SERVING_REST_SOCKETS: inherited(rest.length, 0),
      ESTEIRA_SERVING_GRPC_SOCKETS: inherited(grpc.length, rest.length),
      ...(options.yields ? { ESTEIRA_SERVING_PRIORITY: String(priority) } : {}),
    },
    // The open standard input tells the process that this one lives.
    stdio: ['pipe', 'pipe', 'inherit', 'ipc', ...rest, ...grpc],
  });
  // Before it has made a second thread.
  if (options.yields) yieldForAWhile(child, priority);
  let beat: { at: number; word: Heartbeat } | undefined;
  let end: EndWords | undefined;
  child.on('message', (word: Heartbeat) => {
    beat = { at: options.monotonic(), word };
  });
  const ended = new Promise<EndWords | undefined>((resolve) => {
    child.once('close', () => resolve(end));
    child.once('error', () => resolve(undefined));
  });
  const listening = new Promise<ListeningWords>((resolve, reject) => {
    readLines(child, (said) => {
      if ('httpUrl' in said) resolve(said as unknown as ListeningWords);
      if ('peakMemoryBytes' in said) end = said as unknown as EndWords;
    });
    void ended.then(() => reject(new Error('A serving process ended before it listened.')));
  });
  listening.catch(() => {});
  return {
    number: options.number,
    pid: child.pid ?? 0,
    startedAt: options.monotonic(),
    listening,
    ended,
    heartbeat: () => beat,
    shed(connections) {
      const word: ShedWord = { kind: 'shed', connections };
      // A process that is gone has none.
      if (child.connected) child.send(word, () => {});
    },
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** What the process does not take back itself by then, as it is not ready, is given back to it. */
function yieldForAWhile(child: ChildProcess, priority: number): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    setPriority(pid, lowerPriority(priority));
  } catch {
    // It has ended already.
  }
  const giveBack = setTimeout(setPriorityOfThreads, longestYieldMs, pid, priority).unref();
  child.once('exit', () => clearTimeout(giveBack));
}

function readLines(child: ChildProcess, listener: (said: Record<string, unknown>) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 1);
      if (line.startsWith('{')) listener(JSON.parse(line) as Record<string, unknown>);
    }
  });
}
