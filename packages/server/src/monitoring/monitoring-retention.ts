import type { MonitorReference } from '@esteira/contracts';
import type { RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import { behindKey } from '../storage/sql/behind-key.ts';

interface Tables {
  label_parts: { workspace: string; id: string; digest: string; retired_at: number | null };
  monitor_references: { workspace: string; monitor_id: string; cache_key: string; digest: string };
  monitors: { workspace: string; settings: string; updated_at: number };
}

/** Labels and profiled references; the data that monitors compare with is in use. */
export const monitoringRetention: RoomRetention = {
  columns: ['label_parts.digest', 'monitor_references.digest'],
  async *references(sql, lingersSince) {
    const parts = inPages<Tables['label_parts']>((last) =>
      sql
        .query<Tables>()
        .selectFrom('label_parts')
        .select(['workspace', 'id', 'digest', 'retired_at'])
        // Readers may still have a part open that a joined one replaced a moment ago.
        .where(({ eb, or }) => or([eb('retired_at', 'is', null), eb('retired_at', '>=', lingersSince)]))
        .where(behindKey(['workspace', 'id'], last && [last.workspace, last.id]))
        .orderBy('workspace')
        .orderBy('id')
        .limit(500)
        .execute(),
    );
    for await (const { digest, workspace } of parts)
      yield { digest, type: 'file', workspace, kind: 'labels' };
    const references = await sql
      .query<Tables>()
      .selectFrom('monitor_references')
      .select(['workspace', 'digest'])
      .execute();
    for (const { digest, workspace } of references)
      yield { digest, type: 'file', workspace, kind: 'monitor-references' };
  },
  async *inUse(sql, since) {
    const rows = await sql
      .query<Tables>()
      .selectFrom('monitors')
      .select(['workspace', 'settings'])
      .where('updated_at', '>=', since)
      .execute();
    for (const { workspace, settings } of rows) {
      const { reference } = JSON.parse(settings) as { reference: MonitorReference };
      for (const id of [reference.splitId, reference.versionId])
        if (id !== undefined) yield { workspace, id, because: 'in-use' };
    }
  },
};
