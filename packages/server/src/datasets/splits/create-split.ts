import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalDigest } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import { quoteIdentifier, quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';
import { datasetById } from '../dataset-store.ts';
import type { DatasetsDeps } from '../datasets-deps.ts';
import { type OpenDataset, openVersion } from '../versions/open-version.ts';
import { rowDigestSql, rowsDigestOf, rowsDigestSql } from '../versions/rows-digest.ts';
import {
  betweenSql,
  type PartName,
  recipeOf,
  type SplitPart,
  type SplitRecipe,
  type SplitRecord,
  type SplitRequest,
} from './split-record.ts';
import { findSplitByRecipe, insertSplit, type Split } from './split-store.ts';

type Session = Omit<TableEngine, 'session' | 'close'>;

/** The part of each row, made once and asked many times: `place` in the file, `part`, `digest`, `time` (microseconds). */
const partRows = 'part_rows';

/**
 * Splits a version by time. Rows are drawn, where their number is limited, by the order of a digest of row and seed: the
 * same seed draws the same rows whatever their order. The same recipe again is the split that was there.
 * Throws DATASET_VERSION_NOT_FOUND, SPLIT_PART_EMPTY, and what `recipeOf` throws.
 */
export async function createSplit(
  deps: DatasetsDeps,
  context: RequestContext,
  versionId: string,
  request: SplitRequest,
): Promise<Split> {
  const { workspace } = context;
  const opened = await openVersion(deps, workspace, versionId);
  const { recipe, time } = recipeOf(request, opened.columns);
  const recipeDigest = canonicalDigest(recipe);
  const known = await findSplitByRecipe(deps.sql, versionId, recipeDigest);
  if (known !== undefined) return known;

  const directory = await deps.blobs.temporaryDirectory();
  try {
    const record = await deps.tables.session((engine) =>
      splitRows({ deps, engine, opened, directory }, recipe, time),
    );
    const digests = Object.entries(record.parts).map(([part, { digest }]) => ({ part, digest }));
    const digest = canonicalDigest({ version: opened.version.digest, recipe, parts: digests });
    const dataset = await datasetById(deps.sql, workspace, opened.version.datasetId);
    return await deps.sql.transaction(async (tx) => {
      const raced = await findSplitByRecipe(tx, versionId, recipeDigest);
      if (raced !== undefined) return raced;
      const split: Split = {
        ...record,
        id: deps.ids.next('spl'),
        datasetVersionId: versionId,
        digest,
        recipeDigest,
        createdAt: deps.clock.now(),
        createdBy: context.actor.id,
      };
      const node = { kind: 'split', id: split.id } as const;
      await insertSplit(tx, workspace, split);
      await deps.lineage.link(tx, context, {
        from: { kind: 'dataset-version', id: versionId },
        to: node,
        relation: 'split-into',
        fromDigest: opened.version.digest,
        toDigest: digest,
      });
      await deps.audit.record(tx, context, {
        action: 'datasets.split.created',
        subject: node,
        details: { version: versionId, digest, seed: recipe.seed, sharedRows: record.leakage.sharedRows },
      });
      if (dataset.project !== undefined)
        await deps.projects.reach(tx, context, dataset.project, 'data', node);
      return split;
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A version at hand to be split; drawn parts are written to the directory first. */
interface Splitting {
  readonly deps: DatasetsDeps;
  readonly engine: Session;
  readonly opened: OpenDataset;
  readonly directory: string;
}

async function splitRows(splitting: Splitting, recipe: SplitRecipe, time: Column): Promise<SplitRecord> {
  const { engine, opened } = splitting;
  const source = `read_parquet([${opened.files.map(quoteLiteral).join(', ')}], file_row_number = true)`;
  const train = { from: micros(recipe.trainFrom), until: micros(recipe.trainUntil) };
  const test = { from: micros(recipe.testFrom), until: micros(recipe.testUntil) };
  const isTrain = betweenSql(time, train.from, train.until);
  const isTest = betweenSql(time, test.from, test.until);
  const instant = `epoch_us(CAST(${quoteIdentifier(time.name)} AS TIMESTAMP))`;
  await engine.query(`CREATE TEMP TABLE ${partRows} AS
    SELECT file_row_number AS place, CASE WHEN ${isTrain} THEN 'train' ELSE 'test' END AS part,
      ${rowDigestSql(opened.columns)} AS digest, ${instant} AS time
    FROM ${source} WHERE (${isTrain}) OR (${isTest})`);
  const drawn = await draw(engine, recipe);
  const cut = recipe.validationShare === null ? null : await cutValidation(engine, recipe.validationShare);

  const read = async (part: PartName, from: number | null, until: number | null) => {
    const isDrawn = drawn.has(part === 'validation' ? 'train' : part);
    const blob = isDrawn ? await storeDrawn(splitting, source, part) : null;
    return { ...(await describePart(engine, opened.columns, part)), from, until, drawn: blob };
  };
  const parts = {
    train: await read('train', train.from, cut ?? train.until),
    ...(cut === null ? {} : { validation: await read('validation', cut, train.until) }),
    test: await read('test', test.from, test.until),
  };
  const [without] = await engine.query(
    `SELECT count(*) AS missing FROM ${opened.from} WHERE ${quoteIdentifier(time.name)} IS NULL`,
  );
  return {
    recipe,
    parts,
    leakage: await findLeakage(engine, source, recipe.groupColumns),
    rowsWithoutTime: Number(without?.missing),
  };
}

function micros(milliseconds: number): number;
function micros(milliseconds: number | null): number | null;
function micros(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds * 1000;
}

/**
 * Keeps as many rows of each part as were asked for and tells from which parts rows had to go. Rows that are equal are
 * interchangeable, so a tie between them may fall either way.
 */
async function draw(
  engine: Session,
  { trainRows, testRows, seed }: SplitRecipe,
): Promise<ReadonlySet<PartName>> {
  const limits = new Map<PartName, number>();
  const counts = await engine.query(`SELECT part, count(*) AS rows FROM ${partRows} GROUP BY part`);
  for (const { part, rows } of counts) {
    const limit = part === 'train' ? trainRows : testRows;
    if (limit !== null && Number(rows) > limit) limits.set(part as PartName, limit);
  }
  if (limits.size === 0) return new Set();
  const kept = (['train', 'test'] as const).map((part) => {
    const limit = limits.get(part);
    const rows = `SELECT * FROM ${partRows} WHERE part = '${part}'`;
    // Half of the digest, since writing a 128-bit number as text takes the engine 0.1 ms.
    const half = 'CAST(digest & 18446744073709551615::UHUGEINT AS UBIGINT)';
    const order = `md5_number(concat(${half}, ':${seed}')), place`;
    return limit === undefined ? rows : `(${rows} ORDER BY ${order} LIMIT ${limit})`;
  });
  await engine.query(`CREATE TEMP TABLE kept_rows AS ${kept.join(' UNION ALL ')}`);
  await engine.query(`DROP TABLE ${partRows}`);
  await engine.query(`ALTER TABLE kept_rows RENAME TO ${partRows}`);
  return new Set(limits.keys());
}

/** Gives the latest share of the training rows to validation; rows of one instant stay together. Returns the cut in µs. */
async function cutValidation(engine: Session, share: number): Promise<number> {
  const [row] = await engine.query(
    `SELECT CAST(quantile_disc(time, ${1 - share}) AS VARCHAR) AS last FROM ${partRows} WHERE part = 'train'`,
  );
  const cut = Number(row?.last) + 1;
  await engine.query(`UPDATE ${partRows} SET part = 'validation' WHERE part = 'train' AND time >= ${cut}`);
  return cut;
}

async function describePart(
  engine: Session,
  columns: readonly Column[],
  part: PartName,
): Promise<Pick<SplitPart, 'rows' | 'digest' | 'firstTime' | 'lastTime'>> {
  const [row = {}] = await engine.query(`SELECT ${rowsDigestSql('digest')},
    min(time) AS first, max(time) AS last FROM ${partRows} WHERE part = '${part}'`);
  const rows = Number(row.rows);
  if (rows === 0) throw esteiraError('SPLIT_PART_EMPTY', { part });
  return {
    rows,
    digest: rowsDigestOf(columns, row),
    firstTime: Math.floor(Number(row.first) / 1000),
    lastTime: Math.floor(Number(row.last) / 1000),
  };
}

async function storeDrawn(
  { deps, engine, opened, directory }: Splitting,
  source: string,
  part: PartName,
): Promise<string> {
  const path = join(directory, `${part}.parquet`);
  const columns = opened.columns.map((column) => quoteIdentifier(column.name)).join(', ');
  await engine.writeParquet(
    `SELECT ${columns} FROM ${source}
    WHERE file_row_number IN (SELECT place FROM ${partRows} WHERE part = '${part}') ORDER BY file_row_number`,
    path,
  );
  const { digest } = await deps.blobs.adopt(path);
  return digest;
}

async function findLeakage(
  engine: Session,
  source: string,
  groupColumns: readonly string[],
): Promise<SplitRecord['leakage']> {
  const [row = {}] = await engine.query(`SELECT
      (SELECT count(*) FROM ${partRows} WHERE part = 'test'
        AND digest IN (SELECT digest FROM ${partRows} WHERE part <> 'test')) AS shared,
      max(time) FILTER (WHERE part <> 'test') >= min(time) FILTER (WHERE part = 'test') AS overlap
    FROM ${partRows}`);
  return {
    sharedRows: Number(row.shared),
    timeOverlap: row.overlap === true,
    groupOverlap: groupColumns.length === 0 ? null : await groupOverlap(engine, source, groupColumns),
  };
}

async function groupOverlap(
  engine: Session,
  source: string,
  groupColumns: readonly string[],
): Promise<number> {
  const columns = groupColumns.map(quoteIdentifier).join(', ');
  const groups = (condition: string) => `SELECT DISTINCT ${columns} FROM ${source}
    WHERE file_row_number IN (SELECT place FROM ${partRows} WHERE ${condition})`;
  const [row] = await engine.query(
    `SELECT count(*) AS shared FROM (${groups(`part <> 'test'`)} INTERSECT ${groups(`part = 'test'`)})`,
  );
  return Number(row?.shared);
}
