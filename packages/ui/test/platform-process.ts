import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type EsteiraClient } from '@esteira/sdk';

export interface PlatformProcess {
  readonly url: string;
  /** Speaks for the owner. */
  readonly client: EsteiraClient;
  /** The owner's. */
  readonly token: string;
  /** A sign-in link of the owner. */
  signInLink(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the platform as people do, with the command line, on free ports and an empty data directory. */
export async function startPlatform(): Promise<PlatformProcess> {
  const token = `owner${randomBytes(24).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'esteira-page-'));
  const command = join(import.meta.dirname, '../../cli/bin/esteira');
  const flags = ['--data-dir', join(folder, 'data'), '--log-level', 'silent', '--json'];
  const ports = ['--port', '0', '--serving-port', '0', '--serving-grpc-port', '0'];
  const child = spawn(command, ['serve', ...flags, ...ports], {
    env: { ...process.env, ESTEIRA_BOOTSTRAP_TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await readUrl(child);
  const client = createClient({ url, token });
  return {
    url,
    client,
    token,
    async signInLink() {
      const me = await client.governance.me();
      const { path } = await client.governance.createSignInLink({ body: { userId: me.id } });
      return url + path;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function readUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the server has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = JSON.parse(line) as { url?: string };
    if (answer.url) return answer.url;
  }
  throw new Error('the server ended before it said where it listens');
}
