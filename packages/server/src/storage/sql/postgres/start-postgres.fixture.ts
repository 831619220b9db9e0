import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  globSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface OwnPostgres {
  /** With a user that may do everything. */
  readonly url: string;
  /** Stops the server in order (`fast`), or as a loss of power would (`immediate`), and starts it again after a pause. */
  restart(mode: 'fast' | 'immediate', pauseMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Whoever the server runs as: it refuses root. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The folder of the server's programs. Undefined when none are installed, or the user that must run them is missing. */
export function findPostgres(): string | undefined {
  return isRoot() && findOwner() === undefined ? undefined : findBinaries();
}

/**
 * Starts a server of its own in a temporary folder. `durable` forces to disk what is committed, which tests of crashes
 * need; without it nothing is. With a password the server asks for it. Its text is ordered as English by default, so that a
 * column that forgot its own order shows.
 */
export async function startPostgres(
  options: { durable?: boolean; password?: string } = {},
): Promise<OwnPostgres> {
  const binaries = findPostgres();
  if (binaries === undefined) throw new Error('The programs of a PostgreSQL server are not installed.');
  const owner: Partial<Owner> = (isRoot() ? findOwner() : undefined) ?? {};
  const folder = mkdtempSync(join(tmpdir(), 'esteira-postgres-'));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  try {
    initialize(binaries, folder, owner, options.password);
    const port = await freePort();
    const settings = [
      ...(options.durable === true ? [] : carelessSettings),
      ...commonSettings,
      `port=${port}`,
      `unix_socket_directories=${folder}`,
    ];
    const begin = () => launch(binaries, folder, settings, owner);
    let server = await begin();
    const secret = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}`;
    return {
      url: `postgres://esteira${secret}@127.0.0.1:${port}/postgres`,
      async restart(mode, pauseMs = 0) {
        await end(server, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
        await sleep(pauseMs);
        server = await begin();
      },
      async stop() {
        await end(server, 'SIGINT');
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function end(server: ChildProcess, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Debian keeps the server's programs off the path. The newest release counts. */
function findBinaries(): string | undefined {
  const places = [
    ...globSync('/usr/lib/postgresql/*/bin').sort((a, b) => releaseOf(b) - releaseOf(a)),
    ...globSync('/usr/pgsql-*/bin'),
    ...(process.env.PATH ?? '').split(':'),
    '/opt/homebrew/bin',
  ];
  return places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
}

function releaseOf(place: string): number {
  return Number(/postgresql\/(\d+)/.exec(place)?.[1] ?? 0);
}

function findOwner(): Owner | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function initialize(
  binaries: string,
  folder: string,
  owner: Partial<Owner>,
  password: string | undefined,
): void {
  const data = join(folder, 'data');
  const options = ['-D', data, '-U', 'esteira', '--encoding=UTF8', '--no-sync', '--locale=C'];
  if (password === undefined) {
    options.push('--auth=trust');
  } else {
    const file = join(folder, 'password');
    writeFileSync(file, password, { mode: 0o644 });
    options.push('--auth=scram-sha-256', `--pwfile=${file}`);
  }
  const english = spawnSync(
    join(binaries, 'initdb'),
    [...options, '--locale-provider=icu', '--icu-locale=en'],
    owner,
  );
  if (english.status === 0) return;
  // Built without ICU.
  rmSync(data, { recursive: true, force: true });
  const plain = spawnSync(join(binaries, 'initdb'), options, { ...owner, encoding: 'utf8' });
  if (plain.status !== 0) throw new Error(`initdb failed: ${plain.stderr}`);
}

const carelessSettings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
const commonSettings = [
  'max_connections=200',
  'listen_addresses=127.0.0.1',
  'shared_buffers=64MB',
  'autovacuum_naptime=10',
];

async function launch(
  binaries: string,
  folder: string,
  settings: readonly string[],
  owner: Partial<Owner>,
): Promise<ChildProcess> {
  // A file, since whoever started the server may be waiting for something else and read no pipe.
  const logPath = join(folder, 'log');
  const log = openSync(logPath, 'w');
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
    { ...owner, stdio: ['ignore', 'ignore', log] },
  );
  closeSync(log);
  let failure: Error | undefined;
  server.once('error', (error) => {
    failure = error;
  });
  for (;;) {
    const said = readFileSync(logPath, 'utf8');
    if (said.includes('ready to accept connections')) return server;
    if (failure !== undefined) throw failure;
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${said}`);
    await sleep(10);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
