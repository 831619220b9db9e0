import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A server as a process of its own, with a data directory that outlives it. */
export interface ReplicaProcess {
  readonly name: string;
  /** Undefined while it is down or starting. */
  url(): string | undefined;
  isUp(): boolean;
  /** The id under which it holds leases; undefined before its first start. */
  installationId(): string | undefined;
  /** Resolves when it takes requests. Rejects with its last words when it ends before. */
  start(): Promise<void>;
  /** As a loss of power would. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
}

export function createReplicaProcess(options: {
  name: string;
  folder: string;
  environment: Readonly<Record<string, string>>;
}): ReplicaProcess {
  const { name, folder } = options;
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  let child: ChildProcess | undefined;
  let url: string | undefined;

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const running = child;
    child = undefined;
    url = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    await gone;
  }

  return {
    name,
    url: () => url,
    isUp: () => child !== undefined && child.exitCode === null && url !== undefined,

    installationId() {
      const path = join(directory, 'installation-id');
      return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
    },

    async start() {
      const started = spawn(process.execPath, [join(import.meta.dirname, 'replica.child.ts')], {
        // Open as long as the run lives: without it, the server ends.
        stdio: ['pipe', 'pipe', 'pipe'],
        env: {
          PATH: process.env.PATH ?? '',
          HOME: process.env.HOME ?? '',
          ...options.environment,
          ESTEIRA_DATA_DIR: directory,
          CHAOS_REPLICA: name,
        },
      });
      child = started;
      let words = '';
      started.stderr.setEncoding('utf8').on('data', (text: string) => {
        words = (words + text).slice(-4_000);
        appendFileSync(join(folder, `${name}.log`), text);
      });
      url = await new Promise<string>((resolve, reject) => {
        started.once('exit', () => reject(new Error(`${name} ended before it took requests: ${words}`)));
        started.stdout.setEncoding('utf8').once('data', (text: string) => {
          resolve((JSON.parse(text) as { url: string }).url);
        });
      });
    },

    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
