import { availableParallelism } from 'node:os';
import { pino } from 'pino';
import { createFleetScaling } from './fleet/fleet-scaling.ts';
import type { EndWords, ListeningWords } from './fleet/fleet-words.ts';
import { serveFleet } from './fleet/serve-fleet.ts';
import { followParent } from './parent-process.ts';
import { readProcesses, readServerOptions } from './server-options.ts';

/** The model server as several processes on the same ports; this one keeps them and serves nothing itself. */
const log = pino(
  { level: process.env.ESTEIRA_LOG_LEVEL ?? 'info', base: null },
  pino.destination({ dest: 2, sync: false }),
);
const { directory, host, port, grpcPort, drainMs } = readServerOptions(process.env);
const { least, most } = readProcesses(process.env, {
  processors: availableParallelism(),
  platform: process.platform,
});
const fleet = await serveFleet(
  {
    ...{ directory, host, port, grpcPort, least, environment: process.env },
    scaling: createFleetScaling({ least, most, monotonic: () => performance.now() }),
  },
  log,
);
process.stdout.on('error', () => {});
say(fleet.address);

const isChild = process.env.ESTEIRA_CHILD === '1';
const graceMs = Number(process.env.ESTEIRA_ORPHAN_GRACE_MS ?? 15 * 60_000);
followParent({
  isChild,
  graceMs,
  // Those that it keeps have 30 s beyond their drain.
  stopMs: drainMs + 40_000,
  onOrphaned: () =>
    log.warn({ graceMs }, 'The control plane that started this model server is gone; it goes on for a while'),
  stop: async () => say(await fleet.stop()),
});

function say(words: ListeningWords | EndWords): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}
