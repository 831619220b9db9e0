import { generateKeyPairSync } from 'node:crypto';
import type { JsonValue } from '@esteira/contracts';
import { z } from 'zod';
import { createAuditLog, createGovernance, loadDefaultPack } from '../governance/index.ts';
import { createJobQueue } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import type { StepKind, StepOutputs, StepRun } from '../kernel/step-kind.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { createEventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { createTracking } from '../tracking/index.ts';
import { createPipelines } from './index.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

/** The room with a running queue. Steps keep no files, so the blob store must not be asked. */
export async function openPipelines(options: {
  database: SqlDatabase;
  stepKinds: readonly StepKind[];
  environmentDigest?: string;
  clock?: { now(): number };
}) {
  const { database } = options;
  const clock = options.clock ?? systemClock;
  const ids = createIdGenerator({ clock, random: systemRandom });
  const shared = { sql: database, database, clock, ids, logger: silentLogger, random: systemRandom };
  const events = createEventBus(shared);
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const jobs = createJobQueue({
    ...shared,
    events,
    installationId: 'inst_1',
    resolveActor: async () => ana.actor,
    timing: { poll: 20 },
  });
  const { lineage, costs } = createGovernance({
    ...shared,
    audit,
    events,
    jobs,
    pack: await loadDefaultPack(),
    rates: { currency: 'USD', pricePerCpuHour: 0.04, pricePerGigabyteMonth: 0.02 },
  });
  const blobs = new Proxy({} as BlobStore, {
    get() {
      throw new Error('No blob is stored here.');
    },
  });
  const tracking = createTracking({ ...shared, blobs, events, audit, lineage });
  let cpu = 0;
  const pipelines = createPipelines({
    ...shared,
    events,
    audit,
    jobs,
    lineage,
    costs,
    tracking,
    source: { codeCommit: 'abc', environmentDigest: options.environmentDigest ?? 'sha256:env' },
    stepKinds: options.stepKinds,
    cpuSeconds: () => cpu++,
  });
  await events.start();
  await jobs.start();
  return {
    database,
    pipelines,
    tracking,
    lineage,
    costs,
    audit,
    events,
    jobs,
    /** Starts a run of a file and waits for its end. */
    async run(spec: string, parameters: Readonly<Record<string, JsonValue>> = {}, refresh = false) {
      const name = /^name: (\S+)/m.exec(spec)?.[1] ?? '';
      await pipelines.put(ana, name, spec);
      const id = await pipelines.start(ana, { pipeline: name, parameters, refresh });
      const run = await pipelines.wait('ws_1', id);
      const steps = new Map((await pipelines.reader.steps('ws_1', id)).map((step) => [step.step, step]));
      return {
        run,
        steps,
        statuses: Object.fromEntries([...steps.values()].map((step) => [step.step, step.status])),
      };
    },
    async stop() {
      await jobs.stop();
      await events.stop();
    },
  };
}

/** A step kind that takes any `value` and hands it on, after doing what the test says. */
export function echoKind(
  changed: Partial<StepKind> & { act?: (step: StepRun) => Promise<StepOutputs | undefined> } = {},
): StepKind {
  const { act, ...rest } = changed;
  return {
    kind: 'test.echo',
    version: '1',
    summary: 'Hands its value on.',
    with: z.object({ value: z.json().optional(), other: z.json().optional(), seed: z.number().default(7) }),
    cacheable: true,
    run: async (step) => {
      const given = step.with as { value?: JsonValue };
      return (await act?.(step)) ?? { value: given.value ?? null };
    },
    ...rest,
  };
}
