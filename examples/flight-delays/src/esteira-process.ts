import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A server started as a user would: `esteira serve`, in a process of its own. */
export interface EsteiraProcess {
  readonly url: string;
  readonly servingUrl: string;
  /** The owner's API token. */
  readonly token: string;
  readonly pid: number;
  /** Most memory that all processes together have held so far, in bytes; undefined where /proc does not tell. */
  peakMemory(): number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts `esteira serve` on free ports with a data directory that is kept. The owner's token is made on the first start
 * and lies beside the directory, readable by its owner alone.
 */
export async function startEsteira(options: {
  root: string;
  dataDirectory: string;
  ports: { control: number; serving: number; grpc: number };
}): Promise<EsteiraProcess> {
  const token = readOrMakeToken(`${options.dataDirectory}-token`);
  const child = spawn(
    join(options.root, 'node_modules/.bin/esteira'),
    [
      'serve',
      '--json',
      '--log-level',
      'warn',
      '--table-memory-mb',
      '256',
      '--serving-processes',
      '1',
      '--data-dir',
      options.dataDirectory,
      '--port',
      String(options.ports.control),
      '--serving-port',
      String(options.ports.serving),
      '--serving-grpc-port',
      String(options.ports.grpc),
    ],
    {
      stdio: ['ignore', 'pipe', openSync(`${options.dataDirectory}.log`, 'a')],
      env: { ...process.env, ESTEIRA_BOOTSTRAP_TOKEN: token },
    },
  );
  // Whatever ends this script ends the server: nothing is left behind that holds the data directory.
  process.once('exit', () => child.kill('SIGTERM'));
  const started = await firstLine(child);
  const memory = watchMemory();
  return {
    url: started.url,
    servingUrl: `http://127.0.0.1:${started.servingPort}`,
    token,
    pid: child.pid ?? 0,
    peakMemory: memory.peak,
    async stop() {
      memory.stop();
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function readOrMakeToken(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  mkdirSync(dirname(path), { recursive: true });
  const token = `demo${randomBytes(24).toString('hex')}`;
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return token;
}

async function firstLine(child: ChildProcess): Promise<{ url: string; servingPort: number }> {
  if (!child.stdout) throw new Error('the server has no standard output');
  const lines = createInterface({ input: child.stdout });
  return await new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as { url: string; servingPort: number }));
    child.once('exit', (code) => reject(new Error(`esteira serve ended with ${code} before it listened`)));
    child.once('error', reject);
  });
}

/** Sums the resident memory of this process and everything below it, twice a second. */
function watchMemory(): { peak(): number | undefined; stop(): void } {
  if (!existsSync('/proc/self/status')) return { peak: () => undefined, stop() {} };
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(process.pid));
  }, 500);
  timer.unref();
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    let bytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    for (const child of children.split(' ')) if (child !== '') bytes += residentBytes(Number(child));
    return bytes;
  } catch {
    // A process may end between being listed and being read.
    return 0;
  }
}
