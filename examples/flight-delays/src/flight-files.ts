import { createReadStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** The published flights, cut into files as they would arrive month by month. */
export interface FlightFiles {
  /** Writes the flights of one month of 2001 (1 to 6) and returns the file. */
  month(month: number): Promise<string>;
  /** Writes a copy of a week of January with wrong airports, missing delays and impossible distances. */
  broken(): Promise<{ path: string; damagedRows: number }>;
  /** Reads rows of a Parquet file as objects, one after the other in the order asked for. */
  read(sql: string): AsyncIterable<Record<string, unknown>>;
}

const months = ['', 'january', 'february', 'march', 'april', 'may', 'june'];

export function openFlightFiles(directory: string): FlightFiles {
  mkdirSync(directory, { recursive: true });
  const source = join(
    dirname(fileURLToPath(import.meta.resolve('vega-datasets'))),
    '../data/flights-3m.parquet',
  );

  async function write(select: string, name: string): Promise<string> {
    const path = join(directory, name);
    await connected((connection) =>
      connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`),
    );
    return path;
  }

  return {
    month(month) {
      const from = `2001-0${month}-01`;
      const until = `2001-0${month + 1}-01`;
      return write(
        `SELECT * FROM read_parquet('${source}') WHERE date >= '${from}' AND date < '${until}'`,
        monthFile(month),
      );
    },
    async broken() {
      const damage = `SELECT date,
          CASE WHEN n % 50 = 0 THEN NULL ELSE delay END AS delay,
          CASE WHEN n % 75 = 0 THEN -1 ELSE distance END AS distance,
          CASE WHEN n % 100 = 0 THEN 'nowhere' ELSE origin END AS origin,
          destination
        FROM (SELECT *, row_number() OVER (ORDER BY date, origin, destination, delay) AS n
          FROM read_parquet('${source}') WHERE date >= '2001-01-08' AND date < '2001-01-15')`;
      const path = await write(damage, 'flights-broken.parquet');
      const damaged = `SELECT count(*)::INTEGER FROM read_parquet('${path}')
        WHERE delay IS NULL OR distance < 1 OR origin = 'nowhere'`;
      const counted = await connected((connection) => connection.runAndReadAll(damaged));
      return { path, damagedRows: Number(counted.getRows()[0]?.[0]) };
    },
    async *read(sql) {
      const { connection, close } = await connect();
      try {
        const result = await connection.stream(sql);
        for await (const rows of result.yieldRowObjectJs()) yield* rows;
      } finally {
        close();
      }
    },
  };
}

async function connected<R>(work: (connection: DuckDBConnection) => Promise<R>): Promise<R> {
  const { connection, close } = await connect();
  try {
    return await work(connection);
  } finally {
    close();
  }
}

/** An engine of its own for each piece of work, so that its memory is given back in between. */
async function connect(): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '128MB' });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Name of the file a month arrives in. */
export function monthFile(month: number): string {
  return `flights-${months[month]}.parquet`;
}

/** The bytes of a file, as the upload of the client takes them. */
export function fileBytes(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path);
}
