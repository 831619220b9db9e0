import { inPages } from '../../kernel/in-pages.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { endStates } from '../changes/change-state.ts';
import { keptDays } from './kept-days.ts';
import { heldSubjects } from './legal-hold-store.ts';
import { listPolicies } from './retention-policy-store.ts';
import type { InUse, RoomRetention } from './room-retention.ts';

interface Tables {
  changes: {
    id: string;
    workspace: string;
    state: string;
    subject: string;
    plan: string;
    verification: string;
    updated_at: number;
  };
  jobs: { id: string; workspace: string; state: string; payload: string; created_at: number };
}

const day = 86_400_000;
const pageSize = 200;

/** What changes rest on, as long as the evidence of changes is kept, and what jobs work on. `now` in ms. */
export function governanceRetention(now: () => number): RoomRetention {
  return {
    columns: [],
    async *inUse(sql, since) {
      yield* namedByChanges(sql, since, now());
      yield* namedByJobs(sql, since);
    },
  };
}

async function* namedByChanges(sql: SqlReader, since: number, now: number): AsyncIterable<InUse> {
  const held = new Set(
    (await heldSubjects(sql, {})).filter(({ kind }) => kind === 'change').map(({ id }) => id),
  );
  const keptSince = new Map<string, number>();
  const rows = inPages<Tables['changes']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('changes')
      .select(['id', 'workspace', 'state', 'subject', 'plan', 'verification', 'updated_at'])
      .where('updated_at', '>=', since)
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const change of rows) {
    const { workspace } = change;
    if (!keptSince.has(workspace)) {
      const days = keptDays(await listPolicies(sql, workspace), 'change-evidence', null);
      keptSince.set(workspace, days === null ? 0 : now - days * day);
    }
    const counts = change.updated_at >= (keptSince.get(workspace) ?? 0) || held.has(change.id);
    if (!counts && ends.has(change.state)) continue;
    for (const id of idsIn(change.subject, change.plan, change.verification))
      yield { workspace, id, because: 'change-evidence' };
  }
}

const ends: ReadonlySet<string> = endStates;

async function* namedByJobs(sql: SqlReader, since: number): AsyncIterable<InUse> {
  const rows = inPages<Tables['jobs']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('jobs')
      .select(['id', 'workspace', 'state', 'payload', 'created_at'])
      .where('state', 'in', ['queued', 'running'])
      .where('created_at', '>=', since)
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const { workspace, payload } of rows)
    for (const id of idsIn(payload)) yield { workspace, id, because: 'in-use' };
}

/** Every id in texts of JSON: `<prefix>_<26 characters>`, see `createIdGenerator`. */
export function idsIn(...texts: readonly string[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const text of texts) for (const [id] of text.matchAll(/\b[a-z]+_[0-9a-z]{26}\b/g)) ids.add(id);
  return ids;
}
