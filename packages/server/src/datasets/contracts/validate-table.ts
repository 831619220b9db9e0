import type { JsonValue, ValidationCheck } from '@esteira/contracts';
import { engineProblem, type TableEngine, type TableRow } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';
import type { Check, ContractRules, Measure } from './contract-rules.ts';
import {
  type Columns,
  columnsOf,
  measureSql,
  rowConditionSql,
  unexpectedColumns,
  validatedView,
} from './measure-sql.ts';
import { binCountsSql, binsOf, stabilityIndex } from './stability-index.ts';
import { accepts, describeThreshold } from './threshold.ts';

/** A table to validate: SQL that stands in a FROM clause, and its columns. */
export interface ValidatedTable {
  readonly from: string;
  readonly columns: readonly Column[];
}

/** What validation found. `refused` when a check of severity `error` failed. */
export interface Validation {
  readonly outcome: 'passed' | 'refused';
  readonly rows: number;
  /** Rows that break at least one failed check. */
  readonly failingRows: number;
  readonly failedChecks: number;
  readonly checks: readonly ValidationCheck[];
  readonly documented: readonly string[];
  readonly unexpectedColumns: readonly string[];
  readonly sample: readonly { readonly check: string; readonly row: Readonly<Record<string, JsonValue>> }[];
}

/** Finds the version a drift check compares with; undefined when there is none yet. */
export type ReferenceTables = (reference: number | 'previous') => Promise<ValidatedTable | undefined>;

type Queries = Pick<TableEngine, 'query'>;

const sampleSize = 100;

/**
 * Runs every check of a contract over a table as one query (drift checks first cut their reference into bins), and only
 * when something failed a second one for the failing rows. A check that cannot be evaluated has failed.
 */
export function validateTable(
  tables: TableEngine,
  table: ValidatedTable,
  rules: ContractRules,
  references: ReferenceTables,
): Promise<Validation> {
  const columns: Columns = new Map(table.columns.map((column) => [column.name, column]));
  return tables.session(async (engine) => {
    await engine.query(`CREATE TEMP VIEW ${validatedView} AS SELECT * FROM ${table.from}`);
    const measured = await measureAll(engine, rules.checks, columns, references);
    const checks = rules.checks.map((check) => judge(check, measured));
    const failed = rules.checks.filter((_, index) => checks[index]?.outcome === 'failed');
    const refused = failed.some((check) => check.severity === 'error');
    const { sample, failingRows } = await failingRowsOf(engine, failed, columns, measured);
    return {
      outcome: refused ? 'refused' : 'passed',
      rows: measured.rows,
      failingRows,
      failedChecks: failed.length,
      checks,
      documented: rules.documented,
      unexpectedColumns: unexpectedColumns(rules.columns, columns),
      sample,
    };
  });
}

interface Measured {
  readonly rows: number;
  /** By id of the check; null when there was nothing to measure. */
  readonly values: ReadonlyMap<string, number | null>;
  /** Why a check could not be evaluated, and whether that fails it. */
  readonly problems: ReadonlyMap<string, { readonly reason: string; readonly fails: boolean }>;
}

async function measureAll(
  engine: Queries,
  checks: readonly Check[],
  columns: Columns,
  references: ReferenceTables,
): Promise<Measured> {
  const problems = new Map<string, { reason: string; fails: boolean }>();
  const expressions = new Map<string, string>();
  const drifts = new Map<string, readonly number[]>();
  for (const check of checks) {
    const missing = columnsOf(check).find((name) => !columns.has(name));
    if (missing !== undefined) {
      problems.set(check.id, { reason: `there is no column ${missing}`, fails: false });
      continue;
    }
    if (check.measure.kind !== 'psi') {
      expressions.set(check.id, measureSql(check.measure, columns));
      continue;
    }
    const drift = await prepareDrift(engine, check.measure, columns, references);
    if (typeof drift === 'string') problems.set(check.id, { reason: drift, fails: false });
    else {
      expressions.set(check.id, drift.sql);
      drifts.set(check.id, drift.reference);
    }
  }
  const row = await queryAll(engine, checks, expressions, problems);
  const values = new Map<string, number | null>();
  for (const [index, check] of checks.entries()) {
    const value = row[`c${index}`];
    const reference = drifts.get(check.id);
    if (value === undefined) continue;
    if (reference !== undefined) values.set(check.id, stabilityIndex(reference, value as readonly number[]));
    else values.set(check.id, typeof value === 'number' && Number.isFinite(value) ? value : null);
  }
  return { rows: Number(row.total), values, problems };
}

async function prepareDrift(
  engine: Queries,
  measure: Extract<Measure, { kind: 'psi' }>,
  columns: Columns,
  references: ReferenceTables,
): Promise<{ sql: string; reference: readonly number[] } | string> {
  const table = await references(measure.reference);
  const name = measure.reference === 'previous' ? 'no earlier version' : `no version ${measure.reference}`;
  if (table === undefined) return `there is ${name} to compare with`;
  const column = table.columns.find((candidate) => candidate.name === measure.column);
  if (column === undefined) return `the version to compare with has no column ${measure.column}`;
  if (column.kind !== columns.get(measure.column)?.kind) {
    return `the column is ${column.type} in the version to compare with`;
  }
  const bins = await binsOf(engine, table.from, column, measure.bins);
  const sql = binCountsSql(bins);
  const [row] = await engine.query(`SELECT ${sql} AS counts FROM ${table.from}`);
  return { sql, reference: (row?.counts ?? []) as readonly number[] };
}

/** The one query. When SQL that people wrote breaks it, those checks are tried alone and left out. */
async function queryAll(
  engine: Queries,
  checks: readonly Check[],
  expressions: ReadonlyMap<string, string>,
  problems: Map<string, { reason: string; fails: boolean }>,
): Promise<TableRow> {
  const run = async () => {
    const parts = ['count(*) AS total'];
    for (const [index, check] of checks.entries()) {
      const sql = expressions.get(check.id);
      if (sql !== undefined && !problems.has(check.id)) parts.push(`${sql} AS c${index}`);
    }
    const [row] = await engine.query(`SELECT ${parts.join(',\n')} FROM ${validatedView}`);
    return row ?? {};
  };
  try {
    return await run();
  } catch (error) {
    if (engineProblem(error) === undefined) throw error;
    for (const check of checks) {
      if (!isWrittenSql(check.measure)) continue;
      try {
        await engine.query(`SELECT ${expressions.get(check.id) ?? '0'} AS value FROM ${validatedView}`);
      } catch (broken) {
        const reason = engineProblem(broken);
        if (reason === undefined) throw broken;
        problems.set(check.id, { reason, fails: true });
      }
    }
    if (problems.size === 0) throw error;
    return run();
  }
}

function isWrittenSql(measure: Measure): boolean {
  return measure.kind === 'query' || (measure.kind === 'failing-rows' && measure.rule.kind === 'expression');
}

const shownUnits = { percent: '%', rows: 'rows', value: '' } as const;

function judge(check: Check, measured: Measured): ValidationCheck {
  const problem = measured.problems.get(check.id);
  const value = measured.values.get(check.id) ?? null;
  const counted = check.measure.kind === 'failing-rows' || check.measure.kind === 'duplicates';
  const amount = value !== null && check.unit === 'percent' ? (100 * value) / measured.rows : value;
  const accepted = amount !== null && accepts(check.threshold, amount);
  const verdict = accepted ? 'passed' : 'failed';
  const unmeasured = problem === undefined && value === null ? 'there is no value to measure' : undefined;
  return {
    id: check.id,
    title: check.title,
    column: check.column ?? null,
    group: check.group,
    severity: check.severity,
    outcome: problem?.fails === false ? 'not-evaluated' : verdict,
    measured: amount,
    accepted: describeThreshold(check.threshold, shownUnits[check.unit]),
    unit: check.unit,
    failingRows: counted ? value : null,
    reason: problem?.reason ?? unmeasured ?? null,
  };
}

async function failingRowsOf(
  engine: Queries,
  failed: readonly Check[],
  columns: Columns,
  measured: Measured,
): Promise<Pick<Validation, 'sample' | 'failingRows'>> {
  const conditions: { id: string; sql: string }[] = [];
  let most = 0;
  for (const { id, measure } of failed) {
    const sql = measured.problems.has(id) ? undefined : rowConditionSql(measure, columns);
    if (sql === undefined) continue;
    conditions.push({ id, sql });
    most = Math.max(most, measured.values.get(id) ?? 0);
  }
  if (conditions.length === 0) return { sample: [], failingRows: 0 };
  const any = conditions.map(({ sql }) => `(${sql})`).join(' OR ');
  const [count] = await engine.query(`SELECT count(*) AS failing FROM ${validatedView} WHERE ${any}`);
  const sampled = conditions.slice(0, sampleSize);
  const share = Math.floor(sampleSize / sampled.length);
  const sample: { check: string; row: Readonly<Record<string, JsonValue>> }[] = [];
  for (const { id, sql } of sampled) {
    const rows = await engine.query(`SELECT * FROM ${validatedView} WHERE ${sql} LIMIT ${share}`);
    for (const row of rows) sample.push({ check: id, row: row as Readonly<Record<string, JsonValue>> });
  }
  return { sample, failingRows: Math.max(Number(count?.failing), most) };
}
