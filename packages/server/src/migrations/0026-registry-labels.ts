import { type Kysely, sql } from 'kysely';
import type { Migration } from '../storage/sql/migrator.ts';

interface Tables {
  registered_models: {
    workspace: string;
    name: string;
    created_at: number;
    updated_at: number;
    last_version: number;
  };
  model_versions: {
    workspace: string;
    id: string;
    model: string;
    version: number;
    trained_model_id: string;
    document: string;
    created_at: number;
    source: string;
    run_id: string | null;
    description: string;
    updated_at: number;
  };
}

/**
 * Versions that were registered as they are, without checks of ours; tags, stages, protected labels; prompts; and logged
 * models. An empty text in `digest`, `trained_model_id` and `evaluation_id` says that there is none.
 */
export const registryLabels: Migration = {
  name: '0026-registry-labels',
  breaking: false,
  async up(db) {
    const { schema } = db;
    await schema
      .alterTable('registered_models')
      .addColumn('kind', 'text', (column) => column.notNull().defaultTo('model'))
      .execute();
    for (const name of ['updated_at', 'last_version']) {
      await schema
        .alterTable('registered_models')
        .addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
    }
    await schema
      .alterTable('model_versions')
      .addColumn('checked', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
    await schema
      .alterTable('model_versions')
      .addColumn('stage', 'text', (column) => column.notNull().defaultTo('none'))
      .execute();
    for (const name of ['source', 'location', 'run_link', 'description']) {
      await schema
        .alterTable('model_versions')
        .addColumn(name, 'text', (column) => column.notNull().defaultTo(''))
        .execute();
    }
    for (const name of ['run_id', 'logged_model_id']) {
      await schema.alterTable('model_versions').addColumn(name, 'text').execute();
    }
    await schema
      .alterTable('model_versions')
      .addColumn('updated_at', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema.alterTable('model_versions').addColumn('deleted_at', 'bigint').execute();
    await fillIn(db as Kysely<Tables>);

    await schema.dropIndex('model_versions_workspace_model_trained_model_id').execute();
    await schema
      .createIndex('model_versions_checked')
      .unique()
      .on('model_versions')
      .columns(['workspace', 'model', 'trained_model_id', 'evaluation_id'])
      .where('trained_model_id', '<>', '')
      .where(sql<boolean>`deleted_at is null`)
      .execute();
    await schema
      .createIndex('model_versions_updated')
      .on('model_versions')
      .columns(['workspace', 'updated_at', 'model', 'version'])
      .execute();
    await schema
      .createIndex('model_versions_run')
      .on('model_versions')
      .columns(['workspace', 'run_id'])
      .execute();
    await schema
      .createIndex('model_versions_logged_model')
      .on('model_versions')
      .columns(['workspace', 'logged_model_id'])
      .execute();

    await schema
      .createTable('registered_model_tags')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('registered_model_tags_key', ['workspace', 'model', 'name'])
      .execute();
    await schema
      .createTable('model_version_tags')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('model_version_tags_key', ['workspace', 'model', 'version', 'name'])
      .execute();
    await schema
      .createTable('protected_labels')
      .addColumn('workspace', 'text', (column) => column.primaryKey().notNull())
      .addColumn('patterns', 'text', (column) => column.notNull())
      .addColumn('updated_by', 'text', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();

    await schema
      .createTable('logged_models')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('experiment_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('model_type', 'text', (column) => column.notNull())
      .addColumn('source_run_id', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('deleted_at', 'bigint')
      .execute();
    await schema
      .createIndex('logged_models_experiment')
      .on('logged_models')
      .columns(['experiment_id', 'created_at', 'id'])
      .execute();
    await schema
      .createIndex('logged_models_source_run')
      .on('logged_models')
      .column('source_run_id')
      .execute();
    for (const table of ['logged_model_params', 'logged_model_tags']) {
      await schema
        .createTable(table)
        .addColumn('model_id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint(`${table}_key`, ['model_id', 'name'])
        .execute();
    }
  },
};

/** What the new columns say of the models and versions there are. */
async function fillIn(db: Kysely<Tables>): Promise<void> {
  await db
    .updateTable('registered_models')
    .set(({ ref }) => ({ updated_at: ref('created_at') }))
    .execute();
  const versions = await db
    .selectFrom('model_versions')
    .select(['workspace', 'id', 'model', 'version', 'trained_model_id', 'document', 'created_at'])
    .orderBy('version')
    .execute();
  for (const row of versions) {
    const { runId, description } = JSON.parse(row.document) as { runId: string; description: string };
    await db
      .updateTable('model_versions')
      .set({
        source: `esteira:/trained-models/${row.trained_model_id}`,
        run_id: runId,
        description,
        updated_at: row.created_at,
      })
      .where('workspace', '=', row.workspace)
      .where('id', '=', row.id)
      .execute();
    await db
      .updateTable('registered_models')
      .set({ last_version: row.version })
      .where('workspace', '=', row.workspace)
      .where('name', '=', row.model)
      .execute();
  }
}
