import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../packages/server/src/kernel/clock.ts';
import type { SqlDatabase } from '../../packages/server/src/storage/sql/sql-database.ts';
import type { Orphan } from './judge-run.ts';

interface JobTables {
  jobs: { id: string; kind: string; state: string; lease_owner: string | null };
}

/** Looks after jobs that lost their server until another one has them in hand. */
export interface OrphanWatch {
  /** Notes what a server has in hand that was just killed; returns how many jobs. */
  orphansOf(installation: string): Promise<number>;
  /** Every job noted. */
  end(): Promise<readonly Orphan[]>;
}

interface Watched extends Orphan {
  readonly lease: string;
  readonly killedAt: number;
}

export function watchOrphans(database: SqlDatabase, clock: Clock): OrphanWatch {
  const watched: Watched[] = [];
  let ended = false;
  const watching = watch();
  // Told by `end`.
  watching.catch(() => undefined);

  async function watch(): Promise<void> {
    for (; !ended; await sleep(100)) {
      const open = watched.filter(({ resumedAfter }) => resumedAfter === undefined);
      if (open.length === 0) continue;
      const rows = await database
        .query<JobTables>()
        .selectFrom('jobs')
        .select(['id', 'state', 'lease_owner'])
        .where(
          'id',
          'in',
          open.map(({ job }) => job),
        )
        .execute();
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const orphan of open) {
        const row = byId.get(orphan.job);
        if (row === undefined || row.state === 'queued' || row.lease_owner === orphan.lease) continue;
        orphan.resumedAfter = clock.now() - orphan.killedAt;
      }
    }
  }

  return {
    async orphansOf(installation) {
      const killedAt = clock.now();
      const rows = await database
        .query<JobTables>()
        .selectFrom('jobs')
        .select(['id', 'lease_owner'])
        .where('state', '=', 'running')
        .where('kind', '=', 'chaos.count')
        .execute();
      const own = rows.flatMap(({ id, lease_owner: lease }) =>
        lease?.startsWith(`${installation}:`) ? [{ job: id, lease, killedAt, resumedAfter: undefined }] : [],
      );
      watched.push(...own);
      return own.length;
    },

    async end() {
      ended = true;
      await watching;
      return watched;
    },
  };
}
