import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelReceipt, LabelSummary, NewLabel } from '@esteira/contracts';
import type { z } from 'zod';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { findLiveModel } from '../monitors/live-model.ts';
import { compactLabels } from './compact-labels.ts';
import { latestLabels } from './label-files.ts';
import {
  findLabelParts,
  insertLabelBatch,
  insertLabelPart,
  type LabelPart,
  sumLabelBatches,
} from './label-store.ts';
import { describeLabelType, labelTypeOf, readLabel } from './label-type.ts';

export interface LabelsService {
  /**
   * Keeps true outcomes by prediction id. Throws MONITORED_ENDPOINT_NOT_FOUND; LABEL_TYPE_MISMATCH and LABEL_CONFLICT,
   * with nothing of the batch kept.
   */
  post(
    context: RequestContext,
    endpoint: string,
    labels: readonly NewLabel[],
  ): Promise<z.input<typeof LabelReceipt>>;
  /** Throws MONITORED_ENDPOINT_NOT_FOUND. */
  summarize(workspace: string, endpoint: string): Promise<z.input<typeof LabelSummary>>;
  /** Labels received since a time. */
  countSince(workspace: string, endpoint: string, since: number): Promise<number>;
  /** SQL of the labels that may belong to predictions in [from, to); many small files become one first. */
  open(workspace: string, endpoint: string, range: { from: number; to: number }): Promise<string>;
}

type Deps = Pick<MonitoringDeps, 'sql' | 'blobs' | 'tables' | 'clock' | 'ids' | 'serving' | 'registry'> & {
  /** Told inside the transaction that keeps new labels. */
  onLabels(tx: SqlTransaction, context: RequestContext, endpoint: string): Promise<void>;
};

interface Wanted {
  readonly p: string;
  readonly y: number;
  readonly t: number;
}

const endOfTime = Number.MAX_SAFE_INTEGER;
const shownUnknown = 10;

export function createLabelsService(deps: Deps): LabelsService {
  const { sql, blobs, clock, ids } = deps;
  const turns = new Map<string, Promise<unknown>>();

  /** One batch of an endpoint after the other, so that each sees what the one before kept. */
  function inTurn<T>(workspace: string, endpoint: string, work: () => Promise<T>): Promise<T> {
    const key = `${workspace} ${endpoint}`;
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work);
    turns.set(key, turn);
    const forget = (): void => {
      if (turns.get(key) === turn) turns.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function read(workspace: string, endpoint: string, labels: readonly NewLabel[]): Promise<Wanted[]> {
    const live = await findLiveModel(deps, workspace, endpoint);
    if (!live) throw esteiraError('MONITORED_ENDPOINT_NOT_FOUND', { endpoint });
    const type = labelTypeOf(live.version?.signature);
    const wanted = new Map<string, Wanted>();
    const now = clock.now();
    for (const { predictionId, label, at } of labels) {
      const value = readLabel(type, label);
      if (value === undefined) {
        throw esteiraError('LABEL_TYPE_MISMATCH', {
          label: JSON.stringify(label),
          predictionId,
          given: typeof label === 'string' ? 'a text' : `a ${typeof label}`,
          endpoint,
          expected: describeLabelType(type),
        });
      }
      const before = wanted.get(predictionId);
      if (before && before.y !== value) throw esteiraError('LABEL_CONFLICT', { predictionId });
      wanted.set(predictionId, { p: predictionId, y: value, t: at ?? now });
    }
    return [...wanted.values()];
  }

  /** Undefined when another process kept a batch of the endpoint meanwhile: what is new must be found out again. */
  async function keep(context: RequestContext, endpoint: string, labels: readonly NewLabel[]) {
    const { workspace } = context;
    // A label in a later batch counts before one in an earlier.
    const { batches: seq } = await sumLabelBatches(sql, workspace, endpoint);
    const wanted = await read(workspace, endpoint, labels);
    const predictions = await deps.serving.predictions.open(workspace, endpoint, { from: 0, to: endOfTime });
    const directory = await blobs.temporaryDirectory();
    try {
      return await deps.tables.session(async (session) => {
        await session.query(
          `create temp table batch as select w.p as prediction_id, w.y as label, cast(w.t as bigint) as label_at
           from (select unnest(from_json($1, '[{"p": "VARCHAR", "y": "DOUBLE", "t": "DOUBLE"}]')) as w)`,
          [JSON.stringify(wanted)],
        );
        await session.query(
          `create temp table timed as select b.*, p."time" from batch b left join
           (select prediction_id, min("time") as "time" from ${predictions.from}
            where prediction_id in (select prediction_id from batch) group by prediction_id) p using (prediction_id)`,
        );
        const [bounds] = await session.query('select min("time") as low, max("time") as high from timed');
        const range = { from: Number(bounds?.low ?? 0), to: Number(bounds?.high ?? -1) + 1 };
        const known = await latestLabels(blobs, await findLabelParts(sql, workspace, endpoint, range));
        await session.query(
          `create temp table news as select t.*, k.label is not null as corrects from timed t
           left join ${known} k using (prediction_id) where k.label is null or k.label <> t.label`,
        );
        const [counts] = await session.query(
          `select count(*) as rows, count(*) filter (corrects) as corrected, count(*) filter ("time" is null) as unknown,
           min("time") as low, max("time") as high from news`,
        );
        const rows = Number(counts?.rows ?? 0);
        const corrected = Number(counts?.corrected ?? 0);
        const unknown = Number(counts?.unknown ?? 0);
        const receipt = {
          received: labels.length,
          stored: rows - corrected,
          repeated: labels.length - rows,
          corrected,
          unknown,
          unknownSample: (
            await session.query(
              `select prediction_id from news where "time" is null order by prediction_id limit ${shownUnknown}`,
            )
          ).map((row) => String(row.prediction_id)),
        };
        if (rows === 0) return receipt;
        const receivedAt = clock.now();
        const id = ids.next('lp');
        const path = join(directory, 'labels.parquet');
        await session.writeParquet(
          `select prediction_id, label, label_at, "time", cast(${seq} as bigint) as seq from news order by prediction_id`,
          path,
        );
        const { digest } = await blobs.adopt(path);
        const part: LabelPart = {
          id,
          endpoint,
          digest,
          rows,
          unknown,
          timeMin: numberOrNull(counts?.low),
          timeMax: numberOrNull(counts?.high),
          createdAt: receivedAt,
        };
        const kept = await sql.transaction(async (tx) => {
          if ((await sumLabelBatches(tx, workspace, endpoint)).batches !== seq) return false;
          await insertLabelPart(tx, workspace, part);
          await insertLabelBatch(tx, workspace, {
            id: ids.next('lb'),
            endpoint,
            receivedAt,
            stored: receipt.stored,
            corrected,
          });
          await deps.onLabels(tx, context, endpoint);
          return true;
        });
        return kept ? receipt : undefined;
      });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  return {
    post: (context, endpoint, labels) =>
      inTurn(context.workspace, endpoint, async () => {
        for (;;) {
          const receipt = await keep(context, endpoint, labels);
          if (receipt !== undefined) return receipt;
        }
      }),

    async summarize(workspace, endpoint) {
      if (!(await deps.serving.endpoint(workspace, endpoint)))
        throw esteiraError('MONITORED_ENDPOINT_NOT_FOUND', { endpoint });
      const { labels, batches, firstAt, lastAt } = await sumLabelBatches(sql, workspace, endpoint);
      let unknown = 0;
      for (const part of await findLabelParts(sql, workspace, endpoint)) unknown += part.unknown;
      return { endpoint, labels, unknown, batches, firstReceivedAt: firstAt, lastReceivedAt: lastAt };
    },

    countSince: async (workspace, endpoint, since) =>
      (await sumLabelBatches(sql, workspace, endpoint, since)).labels,

    async open(workspace, endpoint, range) {
      await inTurn(workspace, endpoint, () => compactLabels(deps, workspace, endpoint));
      return await latestLabels(blobs, await findLabelParts(sql, workspace, endpoint, range));
    },
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
