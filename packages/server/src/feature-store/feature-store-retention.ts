import type { RoomRetention } from '../governance/index.ts';

interface Tables {
  materializations: {
    workspace: string;
    view_name: string;
    source_version_id: string;
    written_at: number;
  };
}

/** Values lie in rows and derived datasets; the version that online values were taken from is in use. */
export const featureStoreRetention: RoomRetention = {
  columns: [],
  async *inUse(sql, since) {
    const rows = await sql
      .query<Tables>()
      .selectFrom('materializations')
      .select(['workspace', 'source_version_id as id'])
      .where('written_at', '>=', since)
      .execute();
    for (const { workspace, id } of rows) yield { workspace, id, because: 'in-use' };
  },
};
