import type { Slice } from '@esteira/model-server/leased-limits';
import type { Clock } from '../../../kernel/clock.ts';
import type { SqlDatabase, SqlTransaction } from '../../sql/sql-database.ts';
import { type Bucket, grantSlice, leftOfBudget } from '../grant-slice.ts';
import { type LimitStore, memoryMs, presenceMs } from '../limit-store.ts';

interface LimitTables {
  limit_buckets: { name: string; state: string; forget_at: number };
  limit_holders: { scope: string; holder: string; seen_at: number };
}

export interface SqlLimitStore extends LimitStore {
  /** What is left of budgets, by name of the limit; see `leftOfBudget`. */
  leftOf(
    scope: string,
    budgets: readonly { readonly limit: string; readonly capacity: number }[],
  ): Promise<ReadonlyMap<string, number>>;
}

const sweepEveryMs = 10 * 60_000;

/**
 * Limits in the database, one row each. The clock must be one for all holders: that of the database where processes have
 * several. Row locks in the order of names are all that an exchange needs, so it runs read-committed.
 */
export function createSqlLimitStore(deps: { database: SqlDatabase; clock: Clock }): SqlLimitStore {
  const { database, clock } = deps;
  let sweptAt = clock.now();

  async function sweep(tx: SqlTransaction, now: number): Promise<void> {
    if (now - sweptAt < sweepEveryMs) return;
    sweptAt = now;
    const db = tx.query<LimitTables>();
    await db.deleteFrom('limit_buckets').where('forget_at', '<=', now).execute();
    await db
      .deleteFrom('limit_holders')
      .where('seen_at', '<=', now - presenceMs)
      .execute();
  }

  return {
    exchange: (scope, holder, requests) =>
      database.transaction(
        async (tx) => {
          const now = clock.now();
          await sweep(tx, now);
          const named = requests
            .map((request) => ({ name: bucketName(scope, request.limit), request }))
            .sort((a, b) => (a.name < b.name ? -1 : 1));
          const [holders, buckets] = await Promise.all([
            countHolders(tx, scope, holder, now),
            lockBuckets(
              tx,
              named.map(({ name }) => name),
              database.capabilities.manyWriters,
              now,
            ),
          ]);
          const slices: Slice[] = [];
          const changed: LimitTables['limit_buckets'][] = [];
          for (const { name, request } of named) {
            const { bucket, slice } = grantSlice(buckets.get(name), holder, request, now);
            changed.push({
              name,
              state: JSON.stringify(bucket),
              forget_at: now + memoryMs(request.spec),
            });
            slices.push(slice);
          }
          // Granted twice, a slice whose answer was lost counts as used.
          tx.ends();
          await saveBuckets(tx, changed);
          return { holders, slices };
        },
        // A bucket that a power cut takes back fills again by itself.
        { isolation: 'read-committed', durability: 'lazy' },
      ),
    async leftOf(scope, budgets) {
      if (budgets.length === 0) return new Map();
      const now = clock.now();
      const rows = await database
        .query<LimitTables>()
        .selectFrom('limit_buckets')
        .select(['name', 'state'])
        .where(
          'name',
          'in',
          budgets.map(({ limit }) => bucketName(scope, limit)),
        )
        .where('state', '!=', '')
        .execute();
      const buckets = new Map(rows.map(({ name, state }) => [name, JSON.parse(state) as Bucket]));
      return new Map(
        budgets.map(({ limit, capacity }) => [
          limit,
          leftOfBudget(buckets.get(bucketName(scope, limit)), capacity, now),
        ]),
      );
    },
    async leave(scope, holder) {
      await database.transaction(async (tx) => {
        await tx
          .query<LimitTables>()
          .deleteFrom('limit_holders')
          .where('scope', '=', scope)
          .where('holder', '=', holder)
          .execute();
      });
    },
    async close() {},
  };
}

function bucketName(scope: string, limit: string): string {
  return JSON.stringify([scope, limit]);
}

async function countHolders(tx: SqlTransaction, scope: string, holder: string, now: number): Promise<number> {
  const db = tx.query<LimitTables>();
  await db
    .insertInto('limit_holders')
    .values({ scope, holder, seen_at: now })
    .onConflict((conflict) => conflict.columns(['scope', 'holder']).doUpdateSet({ seen_at: now }))
    .execute();
  const { count } = await db
    .selectFrom('limit_holders')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('scope', '=', scope)
    .where('seen_at', '>', now - presenceMs)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The buckets as they are, locked until the commit where others may write. New ones are made, so that there is a row to lock. */
async function lockBuckets(
  tx: SqlTransaction,
  names: readonly string[],
  manyWriters: boolean,
  now: number,
): Promise<ReadonlyMap<string, Bucket>> {
  if (names.length === 0) return new Map();
  const db = tx.query<LimitTables>();
  const select = db.selectFrom('limit_buckets').selectAll().where('name', 'in', names).orderBy('name');
  const locked = manyWriters ? select.forUpdate() : select;
  let rows = await locked.execute();
  if (manyWriters && rows.length < names.length) {
    const empty = names.map((name) => ({ name, state: '', forget_at: now + presenceMs }));
    await db
      .insertInto('limit_buckets')
      .values(empty)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    rows = await locked.execute();
  }
  const found = new Map<string, Bucket>();
  for (const row of rows) {
    if (row.state !== '' && row.forget_at > now) found.set(row.name, JSON.parse(row.state) as Bucket);
  }
  return found;
}

async function saveBuckets(tx: SqlTransaction, rows: readonly LimitTables['limit_buckets'][]): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .query<LimitTables>()
    .insertInto('limit_buckets')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        forget_at: ref('excluded.forget_at'),
      })),
    )
    .execute();
}
