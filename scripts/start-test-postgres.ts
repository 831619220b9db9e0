import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** Whoever the server runs as: it refuses root. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Starts the system's PostgreSQL in a temporary folder, for tests that need no crash: nothing is forced to disk. Its text
 * is ordered as English by default, so that a column that forgot its own order shows. Undefined when none is installed, or
 * the user that runs it is missing.
 */
export async function startTestPostgres(): Promise<TestPostgres | undefined> {
  const binaries = findBinaries();
  if (binaries === undefined) return undefined;
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? findOwner('postgres') : undefined;
  if (isRoot && user === undefined) return undefined;
  const owner: Partial<Owner> = user ?? {};
  const folder = mkdtempSync(join(tmpdir(), 'esteira-postgres-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  try {
    const data = join(folder, 'data');
    initialize(join(binaries, 'initdb'), data, owner);
    const port = await freePort();
    const server = await launch(join(binaries, 'postgres'), data, folder, port, owner);
    return {
      url: `postgres://esteira@127.0.0.1:${port}/postgres`,
      async stop() {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGINT');
        await ended;
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
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

function findOwner(name: string): Owner | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function initialize(initdb: string, data: string, owner: Partial<Owner>): void {
  const options = ['-D', data, '-U', 'esteira', '--auth=trust', '--encoding=UTF8', '--no-sync'];
  const english = spawnSync(
    initdb,
    [...options, '--locale=C', '--locale-provider=icu', '--icu-locale=en'],
    owner,
  );
  if (english.status === 0) return;
  rmSync(data, { recursive: true, force: true });
  const plain = spawnSync(initdb, [...options, '--locale=C'], { ...owner, encoding: 'utf8' });
  if (plain.status !== 0) throw new Error(`initdb failed: ${plain.stderr}`);
}

const settings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  'listen_addresses=127.0.0.1',
  'shared_buffers=64MB',
  'autovacuum_naptime=10',
];

function launch(
  postgres: string,
  data: string,
  socketFolder: string,
  port: number,
  owner: Partial<Owner>,
): Promise<ChildProcess> {
  const options = [...settings, `port=${port}`, `unix_socket_directories=${socketFolder}`];
  const server = spawn(postgres, ['-D', data, ...options.flatMap((setting) => ['-c', setting])], {
    ...owner,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let log = '';
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${log}`)));
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (log.length < 10_000) log += text;
      if (log.includes('ready to accept connections')) resolve(server);
    });
  });
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
