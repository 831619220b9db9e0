import { createHash } from 'node:crypto';
import type { LiveCounts } from '@esteira/contracts';
import type { Clock } from '../../kernel/clock.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { EndpointsService } from '../endpoints/endpoints-service.ts';
import type { ServingNews } from '../news.ts';
import { reconcile } from '../predictions/intake-store.ts';
import { aliveMs } from './data-plane-service.ts';
import { listDataPlanes, type SeenDataPlane } from './status-store.ts';

interface LiveCountsDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly news: ServingNews;
  readonly endpoints: Pick<EndpointsService, 'require'>;
}

/**
 * What the live processes of an endpoint have counted; waits until that is not as `mark` says, at most `waitMs`. Throws
 * ENDPOINT_NOT_FOUND.
 */
export type LiveCountsReader = (
  workspace: string,
  endpoint: string,
  options: { mark?: string | undefined; waitMs: number; signal: AbortSignal },
) => Promise<LiveCounts>;

export function createLiveCounts(deps: LiveCountsDeps): LiveCountsReader {
  return async (workspace, endpoint, { mark, waitMs, signal }) => {
    let seen = await readCounts(deps, workspace, endpoint);
    const look = async () => {
      seen = await readCounts(deps, workspace, endpoint);
      return seen.mark === mark ? undefined : seen;
    };
    if (seen.mark !== mark || waitMs === 0) return seen;
    try {
      return (await deps.news.waitFor(workspace, look, { timeoutMs: waitMs, signal })) ?? seen;
    } catch (error) {
      // Nothing is wrong: this server is about to end, or nobody waits any more.
      if (signal.aborted) return seen;
      throw error;
    }
  };
}

async function readCounts(
  { sql, clock, endpoints }: LiveCountsDeps,
  workspace: string,
  name: string,
): Promise<LiveCounts> {
  const { revision } = await endpoints.require(workspace, name);
  const seen = await listDataPlanes(sql, workspace, clock.now() - aliveMs);
  const alive = seen.filter(({ status }) => status.leaving !== true);
  const work = {
    running: sumOf(alive, ({ status }) => status.load?.running ?? 0),
    waiting: sumOf(alive, ({ status }) => status.load?.waiting ?? 0),
  };
  // Processes report every two seconds, whether or not anything has happened: when they did is no news.
  const told: unknown[] = [];
  const processes: LiveCounts['processes'] = [];
  for (const { status, seenAt } of alive.toSorted(bySource)) {
    const own = status.endpoints.find((candidate) => candidate.name === name);
    if (own === undefined) continue;
    const { source, boot, ready } = status;
    told.push([source, boot, ready, own.revision, own.problem, own.arms]);
    processes.push({ source, boot, at: seenAt, arms: own.arms, steps: own.steps ?? [] });
  }
  // What was answered is in the log a moment later, and is then to be read there.
  const { logged } = await reconcile(sql, workspace, name);
  const mark = createHash('sha256')
    .update(JSON.stringify([revision, work, told, logged]))
    .digest('base64url');
  return { mark, revision, processes, ...work };
}

function bySource(one: SeenDataPlane, other: SeenDataPlane): number {
  return one.status.source < other.status.source ? -1 : 1;
}

function sumOf<T>(items: readonly T[], read: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += read(item);
  return sum;
}
