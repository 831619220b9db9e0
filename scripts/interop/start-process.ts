import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface StartedProcess {
  /** The first line it printed, which is JSON. */
  readonly announced: Readonly<Record<string, unknown>>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a server in a process of its own with this environment alone. Rejects when it ends before it says where it listens. */
export async function startProcess(
  command: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<StartedProcess> {
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...environment },
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const announced = await new Promise<Readonly<Record<string, unknown>>>((done, fail) => {
    createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line)));
    void ended.then((code) => fail(new Error(`${command} ended with ${code} before it listened`)));
  });
  return {
    announced,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
