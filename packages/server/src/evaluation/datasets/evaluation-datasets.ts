import type { AuditLog } from '../../governance/index.ts';
import { canonicalDigest } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesByKey } from '../../kernel/paging.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import {
  type DatasetRecord,
  type GivenRecord,
  mergeRecord,
  newRecord,
  withFieldsOf,
} from './dataset-record.ts';
import { type DatasetSearch, searchDatasets } from './dataset-search.ts';
import {
  addExperiments,
  completeDatasets,
  type DatasetHead,
  deleteDataset,
  deleteTag,
  type EvaluationDataset,
  findDatasetHead,
  insertDataset,
  removeExperiments,
  setTags,
  updateDataset,
} from './evaluation-dataset-store.ts';
import {
  deleteRecords,
  deleteRecordsOf,
  findRecordsByInputs,
  insertRecords,
  listRecords,
  updateRecords,
} from './record-store.ts';

/** Which experiments there are. */
export interface KnownExperiments {
  /** Those of these numbers that exist and are not deleted. */
  known(context: RequestContext, numbers: readonly number[]): Promise<ReadonlySet<number>>;
}

/** Examples with what is expected of an answer, by which prompts, models and agents are judged. */
export interface EvaluationDatasets {
  /** Throws EXPERIMENT_NOT_FOUND. */
  create(
    context: RequestContext,
    request: {
      readonly name: string;
      readonly tags: Readonly<Record<string, string>>;
      readonly experiments: readonly number[];
      readonly userName: string | undefined;
    },
  ): Promise<EvaluationDataset>;
  /** Throws EVALUATION_DATASET_NOT_FOUND. */
  find(workspace: string, id: string): Promise<EvaluationDataset>;
  /** Throws INVALID_REQUEST for the cursor of another search. */
  search(workspace: string, search: DatasetSearch): Promise<Page<EvaluationDataset>>;
  /** With its records; false when there is none. */
  remove(context: RequestContext, id: string): Promise<boolean>;
  /** Throws EVALUATION_DATASET_NOT_FOUND. */
  setTags(context: RequestContext, id: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Nothing happens where there is no such tag or data set. */
  deleteTag(context: RequestContext, id: string, name: string): Promise<void>;
  /** Throws EVALUATION_DATASET_NOT_FOUND, EXPERIMENT_NOT_FOUND. */
  addExperiments(
    context: RequestContext,
    id: string,
    experiments: readonly number[],
  ): Promise<EvaluationDataset>;
  /** Throws EVALUATION_DATASET_NOT_FOUND. */
  removeExperiments(
    context: RequestContext,
    id: string,
    experiments: readonly number[],
  ): Promise<EvaluationDataset>;
  /**
   * Adds records; those whose inputs are there already are merged into what is there, also within one call. Throws
   * EVALUATION_DATASET_NOT_FOUND.
   */
  mergeRecords(
    context: RequestContext,
    id: string,
    records: readonly GivenRecord[],
  ): Promise<{ readonly inserted: number; readonly updated: number }>;
  /** In the order they were added. Throws EVALUATION_DATASET_NOT_FOUND, INVALID_REQUEST for a foreign cursor. */
  records(workspace: string, id: string, page: PageRequest): Promise<Page<DatasetRecord>>;
  /** Returns how many there were. Throws EVALUATION_DATASET_NOT_FOUND. */
  removeRecords(context: RequestContext, id: string, records: readonly string[]): Promise<number>;
}

export interface EvaluationDatasetsDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly audit: AuditLog;
  readonly experiments: KnownExperiments;
}

const recordPages = pagesByKey('evaluation-dataset-records', ['number'], (row: { position: number }) => [
  row.position,
]);

export function createEvaluationDatasets(deps: EvaluationDatasetsDeps): EvaluationDatasets {
  const { sql, clock, random } = deps;
  const newId = (prefix: string): string => `${prefix}-${Buffer.from(random.bytes(16)).toString('hex')}`;

  async function require(reader: SqlReader, workspace: string, id: string): Promise<DatasetHead> {
    const head = await findDatasetHead(reader, workspace, id);
    if (head === undefined) throw esteiraError('EVALUATION_DATASET_NOT_FOUND', { id });
    return head;
  }

  async function show(reader: SqlReader, workspace: string, id: string): Promise<EvaluationDataset> {
    const [dataset] = await completeDatasets(reader, [await require(reader, workspace, id)]);
    if (dataset === undefined) throw esteiraError('EVALUATION_DATASET_NOT_FOUND', { id });
    return dataset;
  }

  async function requireExperiments(context: RequestContext, numbers: readonly number[]): Promise<void> {
    if (numbers.length === 0) return;
    const known = await deps.experiments.known(context, numbers);
    const missing = numbers.find((number) => !known.has(number));
    if (missing !== undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: String(missing) });
  }

  async function record(
    tx: SqlTransaction,
    context: RequestContext,
    id: string,
    verb: string,
    details: Readonly<Record<string, string | number>> = {},
  ): Promise<void> {
    await deps.audit.record(tx, context, {
      action: `evaluation.dataset.${verb}`,
      subject: { kind: 'evaluation-dataset', id },
      details,
    });
  }

  return {
    async create(context, { name, tags, experiments, userName }) {
      const numbers = [...new Set(experiments)].sort((a, b) => a - b);
      await requireExperiments(context, numbers);
      const at = clock.now();
      const dataset: EvaluationDataset = {
        id: newId('d'),
        name,
        tags,
        experiments: numbers,
        fields: undefined,
        records: 0,
        createdBy: context.actor.id,
        userName,
        updatedUserName: userName,
        createdAt: at,
        updatedAt: at,
        changedAt: at,
      };
      await sql.transaction(async (tx) => {
        await insertDataset(tx, context.workspace, dataset);
        await record(tx, context, dataset.id, 'created', { name });
      });
      return dataset;
    },

    find: (workspace, id) => show(sql, workspace, id),

    async search(workspace, search) {
      const { items, ...rest } = await searchDatasets(sql, workspace, search);
      return { items: await completeDatasets(sql, items), ...rest };
    },

    async remove(context, id) {
      return await sql.transaction(async (tx) => {
        const head = await findDatasetHead(tx, context.workspace, id);
        if (head === undefined) return false;
        await deleteRecordsOf(tx, id);
        await deleteDataset(tx, id);
        await record(tx, context, id, 'removed', { name: head.name, records: head.records });
        return true;
      });
    },

    async setTags(context, id, tags) {
      await sql.transaction(async (tx) => {
        await require(tx, context.workspace, id);
        await setTags(tx, id, tags);
        await record(tx, context, id, 'tagged');
      });
    },

    async deleteTag(context, id, name) {
      await sql.transaction(async (tx) => {
        if ((await findDatasetHead(tx, context.workspace, id)) === undefined) return;
        await deleteTag(tx, id, name);
        await record(tx, context, id, 'untagged');
      });
    },

    async addExperiments(context, id, experiments) {
      const { workspace } = context;
      await require(sql, workspace, id);
      await requireExperiments(context, experiments);
      return await sql.transaction(async (tx) => {
        await require(tx, workspace, id);
        await addExperiments(tx, workspace, id, [...new Set(experiments)]);
        await updateDataset(tx, id, { updatedAt: clock.now() });
        await record(tx, context, id, 'added-to-experiments', { experiments: experiments.join(', ') });
        return await show(tx, workspace, id);
      });
    },

    async removeExperiments(context, id, experiments) {
      const { workspace } = context;
      return await sql.transaction(async (tx) => {
        await require(tx, workspace, id);
        await removeExperiments(tx, id, experiments);
        await updateDataset(tx, id, { updatedAt: clock.now() });
        await record(tx, context, id, 'removed-from-experiments', { experiments: experiments.join(', ') });
        return await show(tx, workspace, id);
      });
    },

    async mergeRecords(context, id, records) {
      const { workspace } = context;
      await require(sql, workspace, id);
      const given = records.map((one) => ({ hash: canonicalDigest(one.inputs), given: one }));
      const ids = records.map(() => newId('dr'));
      return await sql.transaction(async (tx) => {
        const head = await require(tx, workspace, id);
        const at = clock.now();
        const known = await findRecordsByInputs(tx, id, [...new Set(given.map(({ hash }) => hash))]);
        const merged = mergeAll(known, given, { ids, at, after: head.lastPosition });
        await insertRecords(tx, id, merged.inserted);
        await updateRecords(tx, merged.updated);
        const count = merged.inserted.length;
        await updateDataset(tx, id, {
          ...(records.length === 0 ? {} : { fields: withFieldsOf(head.fields, records) }),
          records: head.records + count,
          lastPosition: head.lastPosition + count,
          updatedUserName: records.findLast(({ userName }) => userName !== undefined)?.userName ?? null,
          updatedAt: at,
          changedAt: at,
        });
        const counts = { inserted: count, updated: records.length - count };
        await record(tx, context, id, 'records-merged', counts);
        return counts;
      });
    },

    async records(workspace, id, page) {
      const after = recordPages.keyBehind(page.cursor)?.[0];
      await require(sql, workspace, id);
      return recordPages.of(await listRecords(sql, id, { limit: page.limit + 1, after }), page.limit);
    },

    async removeRecords(context, id, records) {
      return await sql.transaction(async (tx) => {
        const head = await require(tx, context.workspace, id);
        const removed = await deleteRecords(tx, id, [...new Set(records)]);
        if (removed === 0) return 0;
        const at = clock.now();
        await updateDataset(tx, id, { records: head.records - removed, updatedAt: at, changedAt: at });
        await record(tx, context, id, 'records-removed', { removed });
        return removed;
      });
    },
  };
}

/** What is new, in the order given, and what of the known has changed. */
function mergeAll(
  known: ReadonlyMap<string, DatasetRecord>,
  records: readonly { readonly hash: string; readonly given: GivenRecord }[],
  { ids, at, after }: { readonly ids: readonly string[]; readonly at: number; readonly after: number },
) {
  const inserted = new Map<string, DatasetRecord>();
  const updated = new Map<string, DatasetRecord>();
  records.forEach(({ hash, given }, index) => {
    const fresh = inserted.get(hash);
    const stored = updated.get(hash) ?? known.get(hash);
    if (fresh !== undefined) inserted.set(hash, mergeRecord(fresh, given, at));
    else if (stored !== undefined) updated.set(hash, mergeRecord(stored, given, at));
    else
      inserted.set(hash, newRecord(given, { id: ids[index] ?? '', position: after + inserted.size + 1, at }));
  });
  return {
    inserted: [...inserted].map(([hash, record]) => ({ hash, record })),
    updated: [...updated.values()],
  };
}
