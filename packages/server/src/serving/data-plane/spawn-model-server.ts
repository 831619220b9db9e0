import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';

/** A model server as a process of its own. */
export interface ModelServerProcess {
  readonly pid: number;
  /** Resolves with its first words: where it listens. Rejects when it ends before. */
  readonly listening: Promise<ModelServerAddress>;
  /** Resolves when the process has ended, with its last words if it said any. */
  readonly ended: Promise<ModelServerEnd | undefined>;
  /** Asks it to stop, and ends it when it does not. */
  stop(patienceMs: number): Promise<ModelServerEnd | undefined>;
  /** Ends it at once. What it has answered is in its log, and is shipped after the next start. */
  kill(): void;
}

interface ModelServerAddress {
  readonly httpUrl: string;
  /** Where a process of this machine asks, without TLS. */
  readonly innerUrl: string;
  readonly grpcAddress: string | null;
  readonly boot: string;
  /** CPU used until it listened, in seconds. */
  readonly cpuSeconds: number;
}

export interface ModelServerEnd {
  readonly peakMemoryBytes: number;
  readonly cpuSeconds: number;
}

// What a request makes lives briefly; by default the room for such objects grows to 96 MB and stays.
const heapFlags = ['--max-semi-space-size=16'];

/** Starts a model server with its own environment only: nothing of the control plane's secrets is handed down. */
export function spawnModelServer(environment: Readonly<Record<string, string>>): ModelServerProcess {
  const main = createRequire(import.meta.url).resolve('@esteira/model-server/main');
  const child = spawn(process.execPath, [...heapFlags, main], {
    env: { ...inherited(), ...environment, ESTEIRA_CHILD: '1' },
    // The open standard input tells the child that its parent lives.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const words = readWords(child);
  let end: ModelServerEnd | undefined;
  const ended = new Promise<ModelServerEnd | undefined>((resolve) => {
    child.once('close', () => resolve(end));
    child.once('error', () => resolve(undefined));
  });
  const listening = new Promise<ModelServerAddress>((resolve, reject) => {
    words((said) => {
      if ('httpUrl' in said) resolve(said as unknown as ModelServerAddress);
      if ('peakMemoryBytes' in said) end = said as unknown as ModelServerEnd;
    });
    void ended.then(() => reject(new Error('The model server ended before it listened.')));
  });
  listening.catch(() => {});
  return {
    pid: child.pid ?? 0,
    listening,
    ended,
    kill: () => void child.kill('SIGKILL'),
    async stop(patienceMs) {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      const result = await ended;
      clearTimeout(force);
      return result;
    },
  };
}

const inheritedNames =
  /^(PATH|HOME|TMPDIR|LANG|NODE_EXTRA_CA_CERTS|ESTEIRA_LOG_LEVEL|NODE_COMPILE_CACHE|SystemRoot)$/;
/** Where the packages of Python models come from. */
const packageNames = /^((PIP|UV)_[A-Z_]+|SSL_CERT_FILE|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$/;

function inherited(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined) continue;
    if (inheritedNames.test(name) || packageNames.test(name)) kept[name] = value;
  }
  return kept;
}

/** Calls back with each JSON line the child prints. */
function readWords(child: ChildProcess): (listener: (said: Record<string, unknown>) => void) => void {
  let rest = '';
  const listeners: ((said: Record<string, unknown>) => void)[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n')) {
      const line = rest.slice(0, at);
      rest = rest.slice(at + 1);
      if (!line.startsWith('{')) continue;
      const said = JSON.parse(line) as Record<string, unknown>;
      for (const listener of listeners) listener(said);
    }
  });
  return (listener) => listeners.push(listener);
}
