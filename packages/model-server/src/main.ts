import { pino, stdSerializers } from 'pino';
import { readServerOptions } from './server-options.ts';
import { startModelServer } from './start-model-server.ts';

/**
 * The model server as a process. Prints one JSON line with its addresses on standard output once it listens. As a child of
 * a control plane (ESTEIRA_CHILD=1) it outlives its parent for a while: predictions matter more than tidiness.
 */
const log = pino(
  {
    level: process.env.ESTEIRA_LOG_LEVEL ?? 'info',
    base: null,
    serializers: { error: stdSerializers.err },
  },
  pino.destination({ dest: 2, sync: false }),
);
const server = await startModelServer(readServerOptions(process.env), log);
process.stdout.on('error', () => {});
say({
  httpUrl: server.httpUrl,
  innerUrl: server.innerUrl,
  grpcAddress: server.grpcAddress ?? null,
  boot: server.boot,
  cpuSeconds: cpuSeconds(),
});

const isChild = process.env.ESTEIRA_CHILD === '1';
let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await server.stop();
  say({ peakMemoryBytes: process.resourceUsage().maxRSS * 1024, cpuSeconds: cpuSeconds() });
  process.exit(0);
}
process.on('SIGTERM', () => {
  // A supervisor of processes may send the signal to all of them, and the control plane sends it again.
  if (stopping && !isChild) process.exit(143);
  void stop();
});
process.on('SIGINT', () => {
  // A terminal sends it to the control plane too, which stops its model servers itself.
  if (isChild) return;
  if (stopping) process.exit(130);
  void stop();
});

if (isChild) {
  const graceMs = Number(process.env.ESTEIRA_ORPHAN_GRACE_MS ?? 15 * 60_000);
  process.stdin.on('error', () => {});
  process.stdin.on('close', () => {
    if (stopping) return;
    log.warn({ graceMs }, 'The control plane that started this model server is gone; it goes on for a while');
    setTimeout(() => void stop(), graceMs).unref();
  });
  process.stdin.resume();
}

function say(words: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
