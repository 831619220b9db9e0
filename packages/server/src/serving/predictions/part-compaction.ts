import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import { findJoinableParts } from './joinable-parts.ts';
import {
  findPartsOfHour,
  forgetRetired,
  insertPart,
  type PredictionPart,
  retireParts,
} from './part-store.ts';

/** Joins the many small files of an hour, in the background. */
export interface PartCompaction {
  /** An hour got another part. */
  consider(workspace: string, endpoint: string, hour: number): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

const readersMayHoldMs = 10 * 60_000;

export function createPartCompaction(deps: {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}): PartCompaction {
  let queue: Promise<void> = Promise.resolve();
  const waiting = new Set<string>();

  async function compact(workspace: string, endpoint: string, hour: number): Promise<void> {
    const parts = findJoinableParts(await findPartsOfHour(deps.sql, workspace, endpoint, hour));
    if (parts.length === 0) return;
    const joined = await joinParts(endpoint, hour, parts);
    const at = deps.clock.now();
    await deps.sql.transaction(async (tx) => {
      const current = new Set((await findPartsOfHour(tx, workspace, endpoint, hour)).map(({ id }) => id));
      // Another replica was faster; what was joined here is left to the garbage collection.
      if (parts.some(({ id }) => !current.has(id))) return;
      await retireParts(
        tx,
        workspace,
        parts.map((part) => part.id),
        at,
      );
      await insertPart(tx, workspace, joined);
      // Their files are left to the garbage collection: something else may have the same content.
      await forgetRetired(tx, workspace, endpoint, at - readersMayHoldMs);
    });
  }

  async function joinParts(
    endpoint: string,
    hour: number,
    parts: readonly PredictionPart[],
  ): Promise<PredictionPart> {
    const files: string[] = [];
    for (const part of parts) files.push(quoteLiteral(await deps.blobs.localFile(part.digest)));
    const directory = await deps.blobs.temporaryDirectory();
    try {
      const path = join(directory, 'joined.parquet');
      const { rows } = await deps.tables.writeParquet(
        `select * from read_parquet([${files.join(', ')}], union_by_name = true)`,
        path,
      );
      const blob = await deps.blobs.adopt(path);
      return {
        id: deps.ids.next('pp'),
        endpoint,
        hour,
        digest: blob.digest,
        rows,
        bytes: blob.size,
        timeMin: Math.min(...parts.map((part) => part.timeMin)),
        timeMax: Math.max(...parts.map((part) => part.timeMax)),
        createdAt: deps.clock.now(),
      };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  return {
    consider(workspace, endpoint, hour) {
      const key = JSON.stringify([workspace, endpoint, hour]);
      if (waiting.has(key)) return;
      waiting.add(key);
      queue = queue.then(async () => {
        waiting.delete(key);
        try {
          await compact(workspace, endpoint, hour);
        } catch (error) {
          deps.logger.warn(
            { err: error, workspace, endpoint, hour },
            'parts of the prediction log could not be joined',
          );
        }
      });
    },
    settled: () => queue,
  };
}
