import type { DesiredEndpoint } from '@esteira/contracts';
import type { RemovableThing, RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import { behindKey } from '../storage/sql/behind-key.ts';
import { removeById } from '../storage/sql/remove-by-id.ts';
import { versionsOf } from './endpoints/desired-endpoint.ts';

interface Tables {
  endpoints: { workspace: string; name: string; project: string };
  endpoint_revisions: {
    workspace: string;
    endpoint: string;
    revision: number;
    desired: string;
    created_at: number;
  };
  prediction_parts: {
    workspace: string;
    id: string;
    endpoint: string;
    hour: number;
    digest: string;
    bytes: number;
    retired_at: number | null;
  };
}

const hourMs = 3_600_000;

/**
 * The prediction log, part by part, and the versions that endpoints serve or can go back to. How many rows were served and
 * logged is counted apart, so that a log that was removed by policy is not taken for a lost one.
 */
export const servingRetention: RoomRetention = {
  columns: ['prediction_parts.digest'],
  async *references(sql) {
    const parts = inPages<Pick<Tables['prediction_parts'], 'workspace' | 'id' | 'digest'>>((last) =>
      sql
        .query<Tables>()
        .selectFrom('prediction_parts')
        .select(['workspace', 'id', 'digest'])
        .where(behindKey(['workspace', 'id'], last && [last.workspace, last.id]))
        .orderBy('workspace')
        .orderBy('id')
        .limit(500)
        .execute(),
    );
    for await (const { digest, workspace } of parts)
      yield { digest, type: 'file', workspace, kind: 'predictions' };
  },
  async *inUse(sql, since) {
    const revisions = inPages<Tables['endpoint_revisions']>((last) =>
      sql
        .query<Tables>()
        .selectFrom('endpoint_revisions')
        .select(['workspace', 'endpoint', 'revision', 'desired', 'created_at'])
        .where('created_at', '>=', since)
        .where(
          behindKey(
            ['workspace', 'endpoint', 'revision'],
            last && [last.workspace, last.endpoint, last.revision],
          ),
        )
        .orderBy('workspace')
        .orderBy('endpoint')
        .orderBy('revision')
        .limit(200)
        .execute(),
    );
    for await (const { workspace, desired } of revisions)
      for (const id of versionsOf(JSON.parse(desired) as DesiredEndpoint))
        yield { workspace, id, because: 'served' };
  },
  removable: [
    {
      kind: 'predictions',
      batch: 200,
      async page(sql, { workspace, before, after, limit }) {
        const rows = await sql
          .query<Tables>()
          .selectFrom('prediction_parts')
          .leftJoin('endpoints', (join) =>
            join
              .onRef('endpoints.workspace', '=', 'prediction_parts.workspace')
              .onRef('endpoints.name', '=', 'prediction_parts.endpoint'),
          )
          .select([
            'prediction_parts.id',
            'prediction_parts.endpoint',
            'prediction_parts.hour',
            'prediction_parts.digest',
            'prediction_parts.bytes',
            'endpoints.project',
          ])
          .where('prediction_parts.workspace', '=', workspace)
          // A part holds answers up to the end of its hour. What a joined part replaced is forgotten elsewhere.
          .where('prediction_parts.hour', '<', before - hourMs)
          .where('prediction_parts.retired_at', 'is', null)
          .where('prediction_parts.id', '>', after ?? '')
          .orderBy('prediction_parts.id')
          .limit(limit)
          .execute();
        return rows.map((row): RemovableThing => {
          const endpoint = { kind: 'endpoint', id: row.endpoint } as const;
          return {
            key: row.id,
            at: row.hour + hourMs,
            project: row.project,
            things: [],
            ends: false,
            within: row.project === null ? [endpoint] : [endpoint, { kind: 'project', id: row.project }],
            bytes: row.bytes,
            content: [{ digest: row.digest, type: 'file' }],
          };
        });
      },
      remove: removeById('prediction_parts'),
    },
  ],
};
