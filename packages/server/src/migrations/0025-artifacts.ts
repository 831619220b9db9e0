import { sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

/**
 * Files are kept with any owner, not with runs alone, in one table; those of runs move there. Uploads in parts keep what has
 * arrived until the last part is there. Ids of traces come from their clients, so an owner is one of a workspace.
 */
export const artifacts: Migration = {
  name: '0025-artifacts',
  breaking: true,
  async up(schema) {
    await schema.schema
      .createTable('artifacts')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('owner_kind', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('artifacts_key', ['workspace', 'owner_kind', 'owner_id', 'path'])
      .execute();
    await sql`
      insert into artifacts (workspace, owner_kind, owner_id, path, digest, size, created_at)
      select runs.workspace, 'run', run_artifacts.run_id, run_artifacts.path, run_artifacts.digest,
        run_artifacts.size, run_artifacts.created_at
      from run_artifacts inner join runs on runs.id = run_artifacts.run_id`.execute(schema);
    await schema.schema.dropTable('run_artifacts').execute();
    await schema.schema
      .createIndex('experiments_workspace_artifact_location')
      .on('experiments')
      .columns(['workspace', 'artifact_location'])
      .execute();
    await schema.schema
      .createTable('artifact_uploads')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('owner_kind', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('path', 'text', (column) => column.notNull())
      .addColumn('parts', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('completed_at', 'bigint')
      .execute();
    await schema.schema
      .createIndex('artifact_uploads_created_at')
      .on('artifact_uploads')
      .columns(['created_at', 'id'])
      .execute();
    await schema.schema
      .createTable('artifact_upload_parts')
      .addColumn('upload_id', 'text', (column) => column.notNull())
      .addColumn('number', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('artifact_upload_parts_key', ['upload_id', 'number'])
      .execute();
  },
};
