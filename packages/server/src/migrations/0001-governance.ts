import type { Migration } from '../storage/sql/migrator.ts';

/** Workspaces, identities and their credentials (hashes only), and the audit log with its Merkle tree. */
export const governance: Migration = {
  name: '0001-governance',
  breaking: false,
  async up({ schema }) {
    await schema
      .createTable('workspaces')
      .addColumn('workspace', 'text', (column) => column.primaryKey().notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();

    await schema
      .createTable('principals')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('roles', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('disabled_at', 'bigint')
      .addColumn('last_sign_in_at', 'bigint')
      .execute();
    await schema
      .createIndex('principals_workspace_name')
      .unique()
      .on('principals')
      .columns(['workspace', 'name'])
      .execute();

    await schema
      .createTable('api_tokens')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('principal_id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('public_id', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text', (column) => column.notNull())
      .addColumn('suffix', 'text', (column) => column.notNull())
      .addColumn('roles', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .addColumn('last_used_at', 'bigint')
      .execute();
    await schema.createIndex('api_tokens_public_id').unique().on('api_tokens').column('public_id').execute();
    await schema
      .createIndex('api_tokens_principal')
      .on('api_tokens')
      .columns(['workspace', 'principal_id', 'id'])
      .execute();

    await schema
      .createTable('sessions')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('principal_id', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('sessions_secret_hash').unique().on('sessions').column('secret_hash').execute();
    await schema.createIndex('sessions_principal').on('sessions').column('principal_id').execute();

    await schema
      .createTable('sign_in_links')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('principal_id', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('used_at', 'bigint')
      .execute();
    await schema
      .createIndex('sign_in_links_secret_hash')
      .unique()
      .on('sign_in_links')
      .column('secret_hash')
      .execute();
    await schema.createIndex('sign_in_links_principal').on('sign_in_links').column('principal_id').execute();

    await schema
      .createTable('audit_entries')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('actor_id', 'text', (column) => column.notNull())
      .addColumn('subject_kind', 'text', (column) => column.notNull())
      .addColumn('subject_id', 'text', (column) => column.notNull())
      .addColumn('entry', 'text', (column) => column.notNull())
      .addColumn('leaf_index', 'bigint')
      .execute();
    await schema
      .createIndex('audit_entries_leaf_index')
      .unique()
      .on('audit_entries')
      .column('leaf_index')
      .execute();
    await schema
      .createIndex('audit_entries_workspace')
      .on('audit_entries')
      .columns(['workspace', 'id'])
      .execute();
    await schema
      .createIndex('audit_entries_subject')
      .on('audit_entries')
      .columns(['workspace', 'subject_kind', 'subject_id', 'id'])
      .execute();

    // One tree for the whole installation, so these two know no workspace.
    await schema
      .createTable('audit_tiles')
      .addColumn('level', 'integer', (column) => column.notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addColumn('hashes', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_tiles_pkey', ['level', 'position'])
      .execute();
    await schema
      .createTable('audit_heads')
      .addColumn('size', 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('root_hash', 'text', (column) => column.notNull())
      .addColumn('checkpoint', 'text', (column) => column.notNull())
      .execute();
  },
};
