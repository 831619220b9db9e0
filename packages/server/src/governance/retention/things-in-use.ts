import { type KeptBecause, NodeKind } from '@esteira/contracts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { heldSubjects } from './legal-hold-store.ts';
import type { RoomRetention } from './room-retention.ts';

interface EdgeTables {
  lineage_edges: { workspace: string; from_kind: string; from_id: string; to_id: string };
}

// They stand for a long time and are fed again and again: what fed them once is not what something was made from.
export const standingKinds: ReadonlySet<string> = new Set([
  'project',
  'endpoint',
  'monitor',
  'feature-view',
  'contract',
]);
const idsPerStatement = 500;

/**
 * Marks, by id, what stays whatever a policy says: what rooms have in use, what legal holds name, and all that these were
 * made from, to the files that landed. `since`: only what came to be in use at or after that time, ms. `add` returns false
 * for what it has already.
 */
export async function markThingsInUse(
  sql: SqlReader,
  rooms: readonly RoomRetention[],
  since: number,
  add: (id: string, because: KeptBecause) => boolean,
): Promise<void> {
  // By workspace and reason: an ancestor is kept for the reason of what came of it.
  const frontier = new Map<string, string[]>();
  const mark = async (workspace: string, id: string, because: KeptBecause): Promise<void> => {
    if (!add(id, because)) return;
    const key = JSON.stringify([workspace, because]);
    const ids = frontier.get(key) ?? [];
    frontier.set(key, ids);
    ids.push(id);
    if (ids.length >= idsPerStatement) await follow(key, ids.splice(0));
  };

  async function follow(key: string, ids: readonly string[]): Promise<void> {
    const [workspace, because] = JSON.parse(key) as [string, KeptBecause];
    let level = ids;
    while (level.length > 0) {
      const next: string[] = [];
      for (let start = 0; start < level.length; start += idsPerStatement) {
        const rows = await sql
          .query<EdgeTables>()
          .selectFrom('lineage_edges')
          .select(['from_id', 'from_kind'])
          .distinct()
          .where('workspace', '=', workspace)
          .where('to_id', 'in', level.slice(start, start + idsPerStatement))
          .execute();
        for (const row of rows)
          if (!standingKinds.has(row.from_kind) && add(row.from_id, because)) next.push(row.from_id);
      }
      level = next;
    }
  }

  for (const { workspace, kind, id } of await heldSubjects(sql, { since })) {
    if (NodeKind.safeParse(kind).success && !standingKinds.has(kind)) await mark(workspace, id, 'legal-hold');
  }
  for (const room of rooms) {
    if (room.inUse === undefined) continue;
    for await (const { workspace, id, because } of room.inUse(sql, since)) await mark(workspace, id, because);
  }
  for (const [key, ids] of frontier) await follow(key, ids);
}
