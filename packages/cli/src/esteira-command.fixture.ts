import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { type RunningServer, startServer } from '@esteira/server';
import { recordStream } from './recorded-stream.fixture.ts';
import { runCommandLine } from './run-command-line.ts';

/** The command as npm installs it. */
export const esteira = resolve(import.meta.dirname, '../../../node_modules/.bin/esteira');

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the words after `esteira` in this process, for commands whose process is not what is tested: many times as fast. */
export async function runHere(
  words: readonly string[],
  options: { environment?: Record<string, string>; input?: string } = {},
): Promise<Answer> {
  const stdout = recordStream();
  const stderr = recordStream();
  const code = await runCommandLine(words, {
    environment: options.environment ?? {},
    stdin: Readable.from([Buffer.from(options.input ?? '')]),
    stdout: stdout.stream,
    stderr: stderr.stream,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** Runs a command to its end. `environment` is all it gets, apart from a PATH with the tools of the system. */
export async function runCommand(
  command: string,
  words: readonly string[],
  options: { environment?: Record<string, string>; input?: string } = {},
): Promise<Answer> {
  const child = spawn(command, words, { env: { PATH: '/usr/bin:/bin', ...options.environment } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => stdout.push(part));
  child.stderr.on('data', (part: Buffer) => stderr.push(part));
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** A real server on free ports with an owner, and the environment that signs commands in as that owner. */
export interface Installation {
  readonly server: RunningServer;
  readonly folder: string;
  readonly environment: Record<string, string>;
  /** Runs the words after `esteira` as that owner, as `runHere` does. */
  run(words: readonly string[]): Promise<Answer>;
  /** What a command prints as JSON. It has to end well. */
  json(words: readonly string[]): Promise<ReturnType<typeof JSON.parse>>;
  close(): Promise<void>;
}

/** `flags` are further keys of the configuration. */
export async function startInstallation(flags: Record<string, unknown> = {}): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-cli-'));
  const token = 'an-owner-token-for-tests-0123456789abcdef';
  const server = await startServer({
    flags: {
      dataDir: join(folder, 'data'),
      port: 0,
      servingPort: 0,
      servingGrpcPort: 0,
      logLevel: 'silent',
      bootstrapToken: token,
      ...flags,
    },
    environment: {},
    interactive: false,
  });
  const environment = { ESTEIRA_URL: server.url, ESTEIRA_TOKEN: token, HOME: folder };
  const run = (words: readonly string[]) => runHere(words, { environment });
  return {
    server,
    folder,
    environment,
    run,
    async json(words) {
      const { code, stdout, stderr } = await run([...words, '--json']);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
