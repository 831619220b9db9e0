import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ServableVersion } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { BlobStore } from '../../storage/blobs/blob-store.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import type { ServingNews } from '../news.ts';
import { digestLines, type LineGroup } from './digest-lines.ts';
import { addCount, findAcknowledged, saveAcknowledged } from './intake-store.ts';
import type { PartCompaction } from './part-compaction.ts';
import { insertPart, type PredictionPart } from './part-store.ts';
import type { PredictionAnnouncements } from './prediction-announcements.ts';
import { selectList, spooledFields } from './prediction-columns.ts';
import { addTraffic } from './traffic-store.ts';

export interface IntakeDeps {
  readonly sql: SqlDatabase;
  readonly blobs: BlobStore;
  readonly tables: TableEngine;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly news: ServingNews;
  readonly compaction: PartCompaction;
  readonly announcements: PredictionAnnouncements;
  readonly findVersion: (workspace: string, id: string) => Promise<ServableVersion | undefined>;
}

/**
 * Takes the spool of model servers. Bytes are streamed to a file and turned into Parquet by the table engine, outside of the
 * event loop; the index, the counts and the acknowledged offset are committed together, so that lines sent twice are kept
 * once.
 */
export interface PredictionIntake {
  /** Lines of a source that start at `offset`; returns the offset up to which everything is kept. */
  take(
    context: RequestContext,
    at: { source: string; offset: number },
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<number>;
}

type TableSession = Omit<TableEngine, 'session' | 'close'>;

const hourMs = 3_600_000;
const smallestObjectSize = 1_000_000;

export function createPredictionIntake(deps: IntakeDeps): PredictionIntake {
  const { sql, blobs } = deps;
  const turns = new Map<string, Promise<unknown>>();

  /** One chunk of a source after the other: each starts where the one before ended. */
  function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    turns.set(key, turn);
    const forget = (): void => {
      if (turns.get(key) === turn) turns.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function keep(
    context: RequestContext,
    at: { source: string; offset: number },
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<number> {
    const { workspace } = context;
    const acknowledged = await findAcknowledged(sql, workspace, at.source);
    if (at.offset > acknowledged) {
      // The sender has forgotten what came before, so refusing would only lose more; the counts will not agree and say so.
      deps.logger.error({ workspace, ...at, acknowledged }, 'predictions are missing before the offset sent');
    }
    const directory = await blobs.temporaryDirectory();
    try {
      const file = join(directory, 'lines.ndjson');
      const known = Math.max(0, acknowledged - at.offset);
      const written = await writeLines(file, bytes, known, at);
      if (written.bytes === 0) return Math.max(acknowledged, at.offset);
      const end = at.offset + known + written.bytes;
      const { parts, counts, traffic } = await digest(workspace, directory, file, written.longestLine, at);
      const kept = await sql.transaction(async (tx) => {
        // The same lines may have come through another replica: those are kept, these are not.
        const current = await findAcknowledged(tx, workspace, at.source);
        if (current !== acknowledged) return current;
        for (const part of parts) await insertPart(tx, workspace, part);
        for (const count of counts) await addCount(tx, workspace, at.source, count);
        for (const count of traffic) await addTraffic(tx, workspace, count);
        await saveAcknowledged(tx, workspace, at.source, end);
        await deps.announcements.tell(tx, context, parts);
        deps.news.announce(tx, workspace);
        return undefined;
      });
      if (kept !== undefined) return kept;
      for (const part of parts) deps.compaction.consider(workspace, part.endpoint, part.hour);
      return end;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async function digest(
    workspace: string,
    directory: string,
    file: string,
    longestLine: number,
    at: { source: string; offset: number },
  ) {
    // The engine holds two buffers of this size for each of its threads, whatever the lines are.
    const objectSize = Math.max(smallestObjectSize, longestLine);
    return await deps.tables.session(async (session) => {
      try {
        await session.query(
          `create temp table lines as select * from read_json(${quoteLiteral(file)}, format = 'newline_delimited', columns = ${spooledFields}, maximum_object_size = ${objectSize})`,
        );
      } catch (error) {
        throw esteiraError(
          'PREDICTION_LINES_BROKEN',
          { ...at, problem: 'a line is not what a model server writes' },
          error,
        );
      }
      const { groups, counts, traffic } = await digestLines(session);
      const parts: PredictionPart[] = [];
      for (const group of groups)
        parts.push(await writePart(session, workspace, directory, group, parts.length));
      return { parts, counts, traffic };
    });
  }

  async function writePart(
    session: TableSession,
    workspace: string,
    directory: string,
    group: LineGroup,
    position: number,
  ): Promise<PredictionPart> {
    const version =
      group.signatureOf === null ? undefined : await deps.findVersion(workspace, group.signatureOf);
    const path = join(directory, `part-${position}.parquet`);
    const { rows } = await session.writeParquet(
      `select ${selectList(version?.signature)} from lines where e = $1 and "at" >= $2 and "at" < $3 and s is not distinct from $4`,
      path,
      [group.endpoint, group.hour, group.hour + hourMs, group.signatureOf],
    );
    const blob = await blobs.adopt(path);
    return {
      id: deps.ids.next('pp'),
      endpoint: group.endpoint,
      hour: group.hour,
      digest: blob.digest,
      rows,
      bytes: blob.size,
      timeMin: group.timeMin,
      timeMax: group.timeMax,
      createdAt: deps.clock.now(),
    };
  }

  return {
    take: (context, at, bytes) => inTurn(`${context.workspace} ${at.source}`, () => keep(context, at, bytes)),
  };
}

/** Writes what is new of the stream, in whole lines; returns the bytes written and those of the longest line. */
async function writeLines(
  file: string,
  bytes: AsyncIterable<Uint8Array>,
  skip: number,
  at: { source: string; offset: number },
): Promise<{ bytes: number; longestLine: number }> {
  let left = skip;
  let written = 0;
  let longestLine = 0;
  let line = 0;
  let last = 0x0a;
  async function* fresh(): AsyncIterable<Uint8Array> {
    for await (const chunk of bytes) {
      const rest = left >= chunk.length ? chunk.subarray(chunk.length) : chunk.subarray(left);
      left = Math.max(0, left - chunk.length);
      if (rest.length === 0) continue;
      written += rest.length;
      let start = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
        longestLine = Math.max(longestLine, line + end + 1 - start);
        line = 0;
        start = end + 1;
      }
      line += rest.length - start;
      last = rest[rest.length - 1] ?? last;
      yield rest;
    }
  }
  await pipeline(Readable.from(fresh()), createWriteStream(file, { mode: 0o600 }));
  if (last !== 0x0a)
    throw esteiraError('PREDICTION_LINES_BROKEN', { ...at, problem: 'the last line is cut' });
  return { bytes: written, longestLine };
}
