import { performance } from 'node:perf_hooks';
import { pino, stdSerializers } from 'pino';
import type { EndWords, Heartbeat, ListeningWords, ShedWord } from './fleet/fleet-words.ts';
import { stopLeftover } from './fleet/stop-leftover.ts';
import { followParent } from './parent-process.ts';
import { readServerOptions } from './server-options.ts';
import { startModelServer } from './start-model-server.ts';

/** The model server as one process: alone, the child of a control plane, or one of several that another process keeps. */
const options = readServerOptions(process.env);
const log = pino(
  {
    level: process.env.ESTEIRA_LOG_LEVEL ?? 'info',
    base: options.fleet === undefined ? null : { process: options.fleet.process },
    serializers: { error: stdSerializers.err },
  },
  pino.destination({ dest: 2, sync: false }),
);
// Who keeps this process has seen those before it end; to ask again costs a start 40 ms of a processor.
if (options.fleet === undefined) await stopLeftover(options.directory, new AbortController().signal);
const server = await startModelServer(options, log);
process.stdout.on('error', () => {});
say({
  httpUrl: server.httpUrl,
  innerUrl: server.innerUrl,
  grpcAddress: server.grpcAddress ?? null,
  boot: server.boot,
  cpuSeconds: cpuSeconds(),
} satisfies ListeningWords);

const ofControlPlane = process.env.ESTEIRA_CHILD === '1';
const graceMs = ofControlPlane ? Number(process.env.ESTEIRA_ORPHAN_GRACE_MS ?? 15 * 60_000) : 0;
followParent({
  isChild: ofControlPlane || options.fleet !== undefined,
  graceMs,
  stopMs: options.drainMs + 30_000,
  onOrphaned: () =>
    log.warn({ graceMs }, 'The process that started this model server is gone; it goes on for a while'),
  async stop() {
    await server.stop();
    say({
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      cpuSeconds: cpuSeconds(),
    } satisfies EndWords);
  },
});
if (options.fleet !== undefined) tellKeeper();

/**
 * Tells how busy this process was in the last half second and, ten times a second, what it holds; hears what it should part
 * with.
 */
function tellKeeper(): void {
  let before = performance.eventLoopUtilization();
  let utilization = 0;
  let told = 0;
  const tell = async (): Promise<void> => {
    if (told++ % 5 === 0) {
      const now = performance.eventLoopUtilization();
      ({ utilization } = performance.eventLoopUtilization(now, before));
      before = now;
    }
    const word: Heartbeat = { kind: 'heartbeat', utilization, connections: await server.connections() };
    if (process.connected) process.send?.(word, () => {});
  };
  process.on('message', (word: ShedWord) => server.shed(word.connections));
  process.channel?.unref();
  void tell();
  setInterval(tell, 100).unref();
}

function say(words: ListeningWords | EndWords): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
