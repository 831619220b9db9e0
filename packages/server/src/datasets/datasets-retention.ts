import type { BlobReference, Removable, RemovableThing, RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import { removeById } from '../storage/sql/remove-by-id.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { SplitRecord } from './splits/split-record.ts';

interface Tables {
  datasets: { id: string; workspace: string; name: string; project: string | null };
  landed_files: {
    id: string;
    workspace: string;
    dataset_id: string;
    digest: string;
    size: number;
    landed_at: number;
  };
  dataset_versions: {
    id: string;
    workspace: string;
    dataset_id: string;
    number: number;
    digest: string;
    size: number;
    created_at: number;
  };
  dataset_version_sources: { version_id: string };
  dataset_splits: { id: string; workspace: string; version_id: string; record: string };
  validation_runs: { version_id: string | null };
}

const pageSize = 500;

/** What landed, versions and drawn parts of splits; versions and landed files can be removed, the newest version never. */
export const datasetsRetention: RoomRetention = {
  columns: ['landed_files.digest', 'dataset_versions.digest', 'dataset_splits.record'],
  references,
  removable: [versions(), landedFiles()],
};

async function* references(sql: SqlReader): AsyncIterable<BlobReference> {
  const kind = 'datasets';
  const files = inPages<Tables['landed_files']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('landed_files')
      .selectAll()
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const { digest, workspace } of files)
    yield { digest, type: 'file', workspace, kind: 'landed-files' };
  const versionRows = inPages<Pick<Tables['dataset_versions'], 'id' | 'workspace' | 'digest'>>((last) =>
    sql
      .query<Tables>()
      .selectFrom('dataset_versions')
      .select(['id', 'workspace', 'digest'])
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const { digest, workspace } of versionRows) yield { digest, type: 'directory', workspace, kind };
  const splits = inPages<Tables['dataset_splits']>((last) =>
    sql
      .query<Tables>()
      .selectFrom('dataset_splits')
      .selectAll()
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const { record, workspace } of splits)
    for (const digest of drawnFiles(record)) yield { digest, type: 'file', workspace, kind };
}

function versions(): Removable {
  return {
    kind: 'datasets',
    batch: 50,
    async page(sql, { workspace, before, after, limit }) {
      const rows = await sql
        .query<Tables>()
        .selectFrom('dataset_versions')
        .innerJoin('datasets', 'datasets.id', 'dataset_versions.dataset_id')
        .select([
          'dataset_versions.id',
          'dataset_versions.dataset_id',
          'dataset_versions.number',
          'dataset_versions.digest',
          'dataset_versions.size',
          'dataset_versions.created_at',
          'datasets.name',
          'datasets.project',
        ])
        .where('dataset_versions.workspace', '=', workspace)
        .where('dataset_versions.created_at', '<', before)
        .where('dataset_versions.id', '>', after ?? '')
        .orderBy('dataset_versions.id')
        .limit(limit)
        .execute();
      if (rows.length === 0) return [];
      const splits = await splitsOf(
        sql,
        rows.map(({ id }) => id),
      );
      const newest = await newestNumbers(
        sql,
        rows.map(({ dataset_id: id }) => id),
      );
      return rows.map((row): RemovableThing => {
        const own = splits.filter(({ version_id: id }) => id === row.id);
        const files = own.flatMap(({ record }) => drawnFiles(record));
        return {
          key: row.id,
          at: row.created_at,
          project: row.project,
          things: [
            { kind: 'dataset-version', id: row.id },
            ...own.map(({ id }) => ({ kind: 'split', id }) as const),
          ],
          ends: true,
          within: withinDataset(row),
          bytes: row.size,
          content: [
            { digest: row.digest, type: 'directory' },
            ...files.map((digest) => ({ digest, type: 'file' }) as const),
          ],
          ...(newest.get(row.dataset_id) === row.number ? { kept: 'newest' } : {}),
        };
      });
    },
    async remove(tx, workspace, keys) {
      const query = tx.query<Tables>();
      await query.deleteFrom('dataset_splits').where('version_id', 'in', keys).execute();
      await query.deleteFrom('validation_runs').where('version_id', 'in', keys).execute();
      await query.deleteFrom('dataset_version_sources').where('version_id', 'in', keys).execute();
      await removeById('dataset_versions')(tx, workspace, keys);
    },
  };
}

function landedFiles(): Removable {
  return {
    kind: 'landed-files',
    batch: 200,
    async page(sql, { workspace, before, after, limit }) {
      const rows = await sql
        .query<Tables>()
        .selectFrom('landed_files')
        .innerJoin('datasets', 'datasets.id', 'landed_files.dataset_id')
        .select([
          'landed_files.id',
          'landed_files.digest',
          'landed_files.size',
          'landed_files.landed_at',
          'datasets.name',
          'datasets.project',
        ])
        .where('landed_files.workspace', '=', workspace)
        .where('landed_files.landed_at', '<', before)
        .where('landed_files.id', '>', after ?? '')
        .orderBy('landed_files.id')
        .limit(limit)
        .execute();
      return rows.map((row): RemovableThing => {
        return {
          key: row.id,
          at: row.landed_at,
          project: row.project,
          things: [{ kind: 'source-file', id: row.id }],
          ends: true,
          within: withinDataset(row),
          bytes: row.size,
          content: [{ digest: row.digest, type: 'file' }],
        };
      });
    },
    remove: removeById('landed_files'),
  };
}

function splitsOf(sql: SqlReader, versionIds: readonly string[]) {
  return sql
    .query<Tables>()
    .selectFrom('dataset_splits')
    .select(['id', 'version_id', 'record'])
    .where('version_id', 'in', versionIds)
    .orderBy('id')
    .execute();
}

async function newestNumbers(sql: SqlReader, datasetIds: readonly string[]) {
  const rows = await sql
    .query<Tables>()
    .selectFrom('dataset_versions')
    .select(({ fn }) => ['dataset_id', fn.max('number').as('number')])
    .where('dataset_id', 'in', [...new Set(datasetIds)])
    .groupBy('dataset_id')
    .execute();
  return new Map(rows.map((row) => [row.dataset_id, row.number]));
}

function drawnFiles(record: string): string[] {
  const { parts } = JSON.parse(record) as SplitRecord;
  return Object.values(parts).flatMap((part) => (part?.drawn == null ? [] : [part.drawn]));
}

function withinDataset({ name, project }: { name: string; project: string | null }) {
  const within: { kind: 'dataset' | 'project'; id: string }[] = [{ kind: 'dataset', id: name }];
  if (project !== null) within.push({ kind: 'project', id: project });
  return within;
}
