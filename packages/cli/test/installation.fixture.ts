import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type EsteiraClient } from '@esteira/sdk';

const esteira = resolve(import.meta.dirname, '../../../node_modules/.bin/esteira');
export const ownerToken = `owner${'j'.repeat(40)}`;

/** A server in a process of its own, started by the command, and a client that speaks as its owner. */
export interface Installation {
  readonly url: string;
  /** Ports of the data plane, REST and gRPC. */
  readonly servingPort: number;
  readonly servingGrpcPort: number;
  readonly client: EsteiraClient;
  readonly child: ChildProcess;
  /** What it wrote to standard error so far. */
  errors(): string;
  /** Ends it by a signal and resolves with the exit code, or null when the signal killed it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface Place {
  readonly dataDir: string;
  start(options?: StartOptions): Promise<Installation>;
  /** Ends what still runs and removes the data. */
  remove(): Promise<void>;
}

interface StartOptions {
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs before the server in the same shell, for limits of the process. */
  readonly prelude?: string;
}

/** A data directory of its own below the folder for temporary files, or below `parent`. */
export function createPlace(parent: string = tmpdir()): Place {
  const folder = mkdtempSync(join(parent, 'esteira-journey-'));
  const dataDir = join(folder, 'data');
  const started: Installation[] = [];
  return {
    dataDir,
    async start(options = {}) {
      const installation = await startInstallation(dataDir, options);
      started.push(installation);
      return installation;
    },
    async remove() {
      for (const { child, end } of started)
        if (child.exitCode === null && child.signalCode === null) await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type StartWords = Pick<Installation, 'url' | 'servingPort' | 'servingGrpcPort'>;

async function startInstallation(dataDir: string, options: StartOptions): Promise<Installation> {
  const words = ['serve', '--json', '--data-dir', dataDir, '--log-level', 'error'];
  for (const port of ['--port', '--serving-port', '--serving-grpc-port']) words.push(port, '0');
  words.push(...(options.flags ?? []));
  const child = spawn('/bin/sh', ['-c', `${options.prelude ?? ''}\nexec "$0" "$@"`, esteira, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ESTEIRA_BOOTSTRAP_TOKEN: ownerToken, ...options.environment },
  });
  const errors: string[] = [];
  child.stderr.on('data', (part) => errors.push(String(part)));
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const lines = createInterface({ input: child.stdout });
  const { url, ...ports } = await new Promise<StartWords>((done, fail) => {
    lines.once('line', (line) => done(JSON.parse(line) as StartWords));
    void ended.then((code) => fail(new StartFailure(code, errors.join(''))));
  });
  return {
    url,
    servingPort: ports.servingPort,
    servingGrpcPort: ports.servingGrpcPort,
    child,
    client: createClient({ url, token: ownerToken }),
    errors: () => errors.join(''),
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** The server ended before it listened. */
export class StartFailure extends Error {
  readonly code: number | null;

  constructor(code: number | null, errors: string) {
    super(errors);
    this.code = code;
  }
}
