import type { Migration } from '../storage/sql/migrator.ts';

/** Lineage edges, the cost ledger, policy overlays and waivers, changes with approvals, steps and history. */
export const governanceChanges: Migration = {
  name: '0014-governance-changes',
  breaking: false,
  async up(schema) {
    await schema.schema
      .createTable('lineage_edges')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('from_kind', 'text', (column) => column.notNull())
      .addColumn('from_id', 'text', (column) => column.notNull())
      .addColumn('to_kind', 'text', (column) => column.notNull())
      .addColumn('to_id', 'text', (column) => column.notNull())
      .addColumn('relation', 'text', (column) => column.notNull())
      .addColumn('from_digest', 'text')
      .addColumn('to_digest', 'text')
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('lineage_edges_workspace_from_to_relation')
      .unique()
      .on('lineage_edges')
      .columns(['workspace', 'from_id', 'from_kind', 'to_id', 'to_kind', 'relation'])
      .execute();
    await schema.schema
      .createIndex('lineage_edges_workspace_to')
      .on('lineage_edges')
      .columns(['workspace', 'to_id'])
      .execute();

    await schema.schema
      .createTable('cost_records')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('project', 'text')
      .addColumn('subject_kind', 'text', (column) => column.notNull())
      .addColumn('subject_id', 'text', (column) => column.notNull())
      .addColumn('cpu_seconds', 'double precision', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('amount', 'double precision', (column) => column.notNull())
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('cost_records_workspace_at')
      .on('cost_records')
      .columns(['workspace', 'at', 'id'])
      .execute();
    await schema.schema
      .createTable('cost_allowances')
      .addColumn('change_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('amount', 'double precision', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('cost_allowances_workspace_project_day')
      .on('cost_allowances')
      .columns(['workspace', 'project', 'day'])
      .execute();

    await schema.schema
      .createTable('policy_overlays')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('policy_overlays_key', ['workspace', 'version'])
      .execute();
    await schema.schema
      .createTable('waivers')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('rule', 'text', (column) => column.notNull())
      .addColumn('project', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('model_version_id', 'text')
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('requested_by', 'text', (column) => column.notNull())
      .addColumn('requested_at', 'bigint', (column) => column.notNull())
      .addColumn('decided_by', 'text')
      .addColumn('decided_at', 'bigint')
      .addColumn('comment', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('waivers_workspace_endpoint')
      .on('waivers')
      .columns(['workspace', 'endpoint'])
      .execute();

    await schema.schema
      .createTable('changes')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('plan', 'text', (column) => column.notNull())
      .addColumn('authors', 'text', (column) => column.notNull())
      .addColumn('target', 'text')
      .addColumn('requester', 'text', (column) => column.notNull())
      .addColumn('requested_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('job_id', 'text')
      .addColumn('cancel_requested', 'integer', (column) => column.notNull())
      .addColumn('verification', 'text', (column) => column.notNull())
      .addColumn('roll_back', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('changes_workspace_id')
      .on('changes')
      .columns(['workspace', 'id'])
      .execute();
    await schema.schema
      .createIndex('changes_workspace_target_state')
      .on('changes')
      .columns(['workspace', 'target', 'state'])
      .execute();
    await schema.schema
      .createTable('change_approvals')
      .addColumn('change_id', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('approver', 'text', (column) => column.notNull())
      .addColumn('people', 'text', (column) => column.notNull())
      .addColumn('decision', 'text', (column) => column.notNull())
      .addColumn('comment', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('change_approvals_key', ['change_id', 'digest', 'approver'])
      .execute();
    await schema.schema
      .createTable('change_steps')
      .addColumn('change_id', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('result', 'text', (column) => column.notNull())
      .addColumn('error', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .addPrimaryKeyConstraint('change_steps_key', ['change_id', 'name'])
      .execute();
    await schema.schema
      .createTable('change_history')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('change_id', 'text', (column) => column.notNull())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('from_state', 'text')
      .addColumn('to_state', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex('change_history_change_position')
      .unique()
      .on('change_history')
      .columns(['change_id', 'position'])
      .execute();
  },
};
