import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EndWords, Heartbeat, ListeningWords, ShedWord } from './fleet-words.ts';

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
  shed(connections: number): void;
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

export function startServingProcess(options: {
  readonly number: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly monotonic: () => number;
}): ServingProcess {
  const path = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = spawn(process.execPath, [...heapFlags, path], {
    env: { ...fewArenas, ...options.environment },
    // The open standard input tells the process that this one lives.
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  });
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
