import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { datasetsRetention } from './datasets/index.ts';
import { evaluationRetention } from './evaluation/index.ts';
import { featureStoreRetention } from './feature-store/index.ts';
import { tracesRetention } from './llm/index.ts';
import { monitoringRetention } from './monitoring/index.ts';
import { pipelinesRetention } from './pipelines/index.ts';
import { registryRetention } from './registry/index.ts';
import { servingRetention } from './serving/index.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';
import { openMemoryDatabase } from './storage/sql/sqlite/open-memory-database.ts';
import { trackingRetention } from './tracking/index.ts';
import { trainingRetention } from './training/index.ts';

const rooms = [
  datasetsRetention,
  trackingRetention,
  featureStoreRetention,
  trainingRetention,
  evaluationRetention,
  pipelinesRetention,
  registryRetention,
  servingRetention,
  monitoringRetention,
  tracesRetention,
];

const computed = 'a digest of values or text that lies in the row, not of stored content';
const named = 'names a thing by id; the row of that thing refers to its content';
const commitment = 'a commitment: what was done is on record, and keeps no content';
const values = 'values, settings or texts of the row itself, without content';

/** Columns that could hold a digest and refer to no stored content, with the reason. A star is any part of a name. */
const withoutContent: Readonly<Record<string, string>> = {
  'dataset_contracts.digest': computed,
  'dataset_contracts.document': values,
  'dataset_versions.rows_digest': computed,
  'dataset_versions.identity': computed,
  'dataset_versions.attributes': named,
  'dataset_versions.columns': values,
  'dataset_versions.profile': values,
  'landed_files.columns': values,
  'landed_files.csv': values,
  'dataset_splits.digest': computed,
  'dataset_splits.recipe_digest': computed,
  'validation_runs.digest': computed,
  'validation_runs.contract_digest': computed,
  'validation_runs.report': 'counts and failing rows themselves, in the report',
  'runs.revision': 'an id of its own, renewed whenever something of the run is written',
  'experiment_numbers.revision': 'an id of its own, renewed whenever something of the experiments is written',
  'run_references.digest': named,
  'experiments.artifact_location': values,
  'experiment_tags.value': values,
  'logged_datasets.source_type': values,
  'run_datasets.context': values,
  'logged_models.model_type': values,
  'trace_assessments.source_type': values,
  'logged_datasets.digest': 'of rows that lie outside, by the word of a client',
  'logged_datasets.schema': values,
  'logged_datasets.profile': values,
  'run_datasets.tags': values,
  'model_metrics.dataset_digest': 'of rows that lie outside, by the word of a client',
  'metric_batches.*': values,
  'run_params.value': values,
  'run_tags.value': values,
  'run_texts.words': values,
  'run_comments.body': values,
  'run_comments.author': 'a person’s name',
  'saved_views.question': values,
  'feature_definitions.digest': computed,
  'feature_definitions.body': values,
  'online_features.feature_values': values,
  'registered_model_tags.value': values,
  'model_version_tags.value': values,
  'model_versions.location': 'an address of files; what was frozen of them stands in the digest',
  'model_versions.source': values,
  'model_versions.run_link': values,
  'protected_labels.patterns': values,
  'logged_model_params.value': values,
  'logged_model_tags.value': values,
  'replicas.*url': 'where a server answers',
  'webhooks.url': values,
  'webhooks.secret': values,
  'webhooks.secret_key_id': values,
  'webhooks.sending_job': values,
  'webhook_events.event': values,
  'webhook_deliveries.event': values,
  'webhook_deliveries.body': values,
  'evaluation_datasets.fields': values,
  'evaluation_dataset_tags.value': values,
  'evaluation_dataset_records.inputs_hash': computed,
  'evaluation_dataset_records.inputs': values,
  'evaluation_dataset_records.outputs': values,
  'evaluation_dataset_records.expectations': values,
  'evaluation_dataset_records.tags': values,
  'evaluation_dataset_records.source': values,
  'scorer_versions.definition': values,
  'issues.severity': values,
  'issues.root_causes': values,
  'issues.categories': values,
  'trained_models.meta': named,
  'evaluations.report': 'numbers and examples themselves; digests are of versions and splits it names',
  'studies.space': values,
  'studies.fixed': values,
  'trials.params': values,
  'pipeline_specs.digest': computed,
  'pipeline_specs.text': values,
  'pipeline_runs.spec_digest': computed,
  'pipeline_runs.parameters': named,
  'pipeline_runs.trigger': values,
  'pipeline_run_steps.inputs': named,
  'pipeline_run_steps.outputs': named,
  'pipeline_run_steps.cache_key': computed,
  'pipeline_run_steps.cache_parts': computed,
  'step_cache.cache_key': computed,
  'step_cache.outputs': named,
  'endpoint_revisions.desired': named,
  'serving_reports.document': named,
  'rollouts.document': named,
  'data_planes.status': values,
  'serving_cost_marks.answered': values,
  'prediction_traffic.latency': values,
  'monitors.settings': named,
  'monitor_references.cache_key': computed,
  'monitor_windows.inputs_digest': computed,
  'monitor_windows.result': values,
  'alerts.causes': values,
  'retraining_policies.settings': named,
  'retraining_runs.parameters': named,
  'retraining_runs.comparison': named,
  'traces.request_preview': values,
  'traces.response_preview': values,
  'trace_tags.value': values,
  'trace_metadata.value': values,
  'trace_assessments.value': values,
  'trace_assessments.rationale': values,
  'trace_assessments.metadata': values,
  'trace_assessments.overrides': named,
  'trace_prompts.prompt': named,
  'spans.provider': values,
  'spans.usage': values,
  'spans.body': 'what was sent to and came from models, in the row itself',
  'projects.record': values,
  'project_revisions.record': values,
  'jobs.payload': named,
  'jobs.result': named,
  'jobs.error': values,
  'events.payload': commitment,
  'audit_entries.entry': commitment,
  'audit_tiles.hashes': commitment,
  'audit_heads.*': commitment,
  'lineage_edges.*_digest': commitment,
  'changes.*': commitment,
  'change_approvals.digest': commitment,
  'change_approvals.people': values,
  'change_steps.*': commitment,
  'policy_overlays.document': values,
  'migrations.digest': computed,
  'shared_secrets.value': values,
  'unreferenced_blobs.digest': 'the list of what nothing refers to',
  'garbage_collections.report': values,
  'inference_keys.hash': 'of a secret',
  'inference_keys.permissions': values,
  'model_secrets.origin': values,
  'model_secrets.sealed': 'a secret, sealed',
  'endpoint_callers.caller': computed,
  '*.secret_hash': 'of a secret',
};

/** Names of columns that hold one word, name, id, time or sentence. */
const plain =
  /^(id|.+_id|kind|.+_kind|name|.+_name|workspace|project|endpoint|model|monitor|pipeline|dataset|experiment|type|status|state|.+_state|stage|outcome|action|actor|.+_by|owner|holder|host|version|reason|.+_reason|comment|note|description|title|text|summary|problem|acknowledgement|day|alias|arm|boot|source|signal|route|rule|policy|decision|decided_by|requester|approver|role|roles|direction|relation|origin|format|path|step|target|trigger|cause|sampler|objective|predictor|subscriber|suppressed_because|suffix|scope|timing|traceparent|twin_of|entity_key|request_key|dedupe_key|lease_owner|cache_verdict|cached_from_.+|progress_message|error|checkpoint)$/;

describe('stored content', () => {
  let database: SqlDatabase;
  before(async () => {
    database = await openMemoryDatabase();
  });
  after(() => database.close());

  it('is known from every column of the schema that may refer to it', async () => {
    const { rows } = await sql<{ column: string; type: string }>`
      select m.name || '.' || c.name as "column", lower(c.type) as type
      from sqlite_schema m join pragma_table_info(m.name) c
      where m.type = 'table' and m.name not like 'sqlite!_%' escape '!'`.execute(database.query());
    const read = new Set(rooms.flatMap((room) => [...room.columns]));
    const columns = rows.map(({ column }) => column);
    for (const column of read) assert.ok(columns.includes(column), `${column} is read and does not exist`);
    const exempt = Object.keys(withoutContent).map(
      (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`),
    );
    for (const { column, type } of rows) {
      if (type !== 'text' || read.has(column) || exempt.some((pattern) => pattern.test(column))) continue;
      const name = column.slice(column.indexOf('.') + 1);
      assert.ok(
        plain.test(name) && !/digest|hash|blob/.test(name),
        `${column} may refer to stored content: let the room's references read it, or say here why it does not`,
      );
    }
  });

  it('is referred to by no column twice, and no exception is for a column that is read', () => {
    const read = rooms.flatMap((room) => [...room.columns]);
    assert.equal(new Set(read).size, read.length);
    for (const column of read) assert.ok(!(column in withoutContent), column);
  });

  it('is deleted by the sweep of the garbage collection alone', () => {
    // Backups delete from their own archive, which is another store.
    const elsewhere = /^(storage\/blobs|backup)\//;
    const deleting = globSync('**/*.ts', { cwd: import.meta.dirname })
      .filter((path) => !/\.(test|fixture|contract|child)\.ts$/.test(path) && !elsewhere.test(path))
      .filter((path) =>
        /\b[bB]lobs\.delete(Many)?\(/.test(readFileSync(join(import.meta.dirname, path), 'utf8')),
      );
    assert.deepEqual(deleting, ['governance/retention/sweep-content.ts']);
  });

  it('is found through every reader, page after page, on an empty house too', async () => {
    for (const room of rooms) {
      for await (const reference of room.references?.(database, 0) ?? []) assert.fail(reference.digest);
      for await (const { id } of room.inUse?.(database, 0) ?? []) assert.fail(id);
      for (const removable of room.removable ?? []) {
        const query = { workspace: 'default', before: Number.MAX_SAFE_INTEGER, after: undefined, limit: 10 };
        assert.deepEqual(await removable.page(database, query), []);
      }
    }
  });
});
