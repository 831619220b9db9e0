import type { GarbageCollection, KeptBecause } from '@esteira/contracts';
import type { Jobs } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import { pagesById } from '../../kernel/paging.ts';
import type { RouteBinding } from '../../kernel/route-binding.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { Leases } from '../../storage/sql/lease.ts';
import type { SqlDatabase, SqlReader } from '../../storage/sql/sql-database.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Changes } from '../changes/changes.ts';
import { defaultWorkspace } from '../identity/bootstrap.ts';
import { requirePermission } from '../identity/require-permission.ts';
import { listCollections } from './garbage-collection-store.ts';
import { collectJobKind, createGarbageCollector } from './garbage-collector.ts';
import { reportFor } from './garbage-report.ts';
import { governanceRetention } from './governance-retention.ts';
import type { LegalHolds } from './legal-holds.ts';
import { recordCollection } from './record-collection.ts';
import { createRetentionPolicies, type RetentionPolicies } from './retention-policies.ts';
import { retentionRoutes } from './retention-routes.ts';
import type { RoomRetention } from './room-retention.ts';
import { shortenChange } from './shorten-change.ts';
import { markThingsInUse } from './things-in-use.ts';

const pages = pagesById('garbage-collections');

/** For how long things are kept, and the collector of what nothing keeps. */
export interface Retention {
  /** At composition: what a room refers to, has in use and would remove. */
  register(room: RoomRetention): void;
  readonly policies: RetentionPolicies;
  /** Those of the ids that stay whatever a policy says, and why. Goes through all that is in use. */
  keptBecause(reader: SqlReader, ids: readonly string[]): Promise<ReadonlyMap<string, KeptBecause>>;
  /** Starts a collection as a job; returns its id. */
  collect(context: RequestContext, options: { dryRun: boolean }): Promise<string>;
  collections(
    workspace: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ items: GarbageCollection[]; nextCursor?: string }>;
  readonly routes: readonly RouteBinding[];
  /** At composition: collects every night, once over all replicas. */
  schedule(): void;
  /** Keeps fresh, every hour, what this process will refer to. */
  start(): void;
  stop(): void;
}

export interface RetentionDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly audit: AuditLog;
  readonly jobs: Jobs;
  readonly leases: Leases;
  readonly changes: Pick<Changes, 'registerKind'>;
  readonly holds: LegalHolds;
  readonly currency: string;
  /** A folder of this process alone, for what a collection notes. */
  readonly directory: string;
  /** Stores anew what this process alone knows of; called every hour, so that it never grows old enough to be freed. */
  readonly keepFresh: () => Promise<unknown>;
  /** How long content that nothing refers to is kept, ms; 24 hours unless given, and never less than 2. */
  readonly grace?: number;
}

const hour = 3_600_000;

const collection = (dryRun: boolean) => ({ kind: collectJobKind, payload: { dryRun }, maxAttempts: 5 });

export function createRetention(deps: RetentionDeps): Retention {
  const { sql, clock, jobs } = deps;
  const rooms: RoomRetention[] = [governanceRetention(clock.now)];
  const grace = Math.max(2 * hour, deps.grace ?? 24 * hour);
  const policies = createRetentionPolicies(deps);
  const collector = createGarbageCollector({ ...deps, grace, rooms: () => rooms });
  jobs.register(collectJobKind, collector, { concurrency: 1 });
  deps.changes.registerKind(shortenChange({ sql, policies, rooms: () => rooms, currency: deps.currency }));
  let timer: NodeJS.Timeout | undefined;

  // What this process alone knows that it will refer to.
  async function everyHour(): Promise<void> {
    try {
      await deps.keepFresh();
    } catch (error) {
      deps.logger.warn({ err: error }, 'content that runs to come refer to could not be stored anew');
    }
  }

  /** A collection that is not finished is what its job is. */
  async function stateOf({ id, state }: GarbageCollection, workspace: string) {
    if (state === 'succeeded') return state;
    const job = await jobs.find(workspace, id);
    return job?.state === 'queued' || job?.state === 'running' ? 'running' : 'failed';
  }

  const retention: Omit<Retention, 'routes'> = {
    register: (room) => {
      rooms.push(room);
    },
    policies,
    async keptBecause(reader, ids) {
      const wanted = new Set(ids);
      const kept = new Map<string, KeptBecause>();
      const seen = new Set<string>();
      if (wanted.size === 0) return kept;
      await markThingsInUse(reader, rooms, 0, (id, because) => {
        if (seen.has(id)) return false;
        seen.add(id);
        if (wanted.has(id)) kept.set(id, because);
        return true;
      });
      return kept;
    },
    async collect(context, { dryRun }) {
      requirePermission(context, 'retention:write');
      // On record with its job, so that whoever asked for it sees it at once.
      return await sql.transaction(async (tx) => {
        const id = await jobs.enqueue(tx, context, collection(dryRun));
        await recordCollection(tx, context, { id, dryRun, startedAt: clock.now() });
        return id;
      });
    },
    async collections(workspace, { limit, cursor }) {
      const rows = await listCollections(sql, { ...pages.before(cursor), limit: limit + 1 });
      const shown: GarbageCollection[] = [];
      for (const { workspace: asked, ...row } of rows)
        shown.push({ ...row, state: await stateOf(row, asked), report: reportFor(row.report, workspace) });
      return pages.of(shown, limit);
    },
    schedule() {
      const timing = { cron: '43 3 * * *' };
      jobs.schedule({ name: collectJobKind, timing, workspace: defaultWorkspace, ...collection(false) });
    },
    start() {
      timer = setInterval(() => void everyHour(), hour).unref();
    },
    stop() {
      clearInterval(timer);
    },
  };
  return { ...retention, routes: retentionRoutes({ ...retention, holds: deps.holds, grace }) };
}
