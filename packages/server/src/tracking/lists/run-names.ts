import type { RunField, RunNames } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { noPoint } from '../metric-points.ts';
import { attributeSql, entryTables, type RunSearch, runConditions } from '../run-search.ts';

/** Whose runs are looked at. */
type RunScope = Pick<RunSearch, 'experiments' | 'project'>;

interface RunValue {
  readonly value: string;
  readonly runs: number;
}

/** Words for those who write filters. */
export interface RunVocabulary {
  names(workspace: string, scope: RunScope): Promise<RunNames>;
  /** The most frequent values that begin with the prefix. Throws RUN_FILTER_INVALID for a field without texts. */
  values(workspace: string, scope: RunScope, field: RunField, prefix: string): Promise<readonly RunValue[]>;
}

/** Older runs tell little that these do not, and a look at all of them would take seconds in a large workspace. */
const newestRuns = 25_000;
const namesPerKind = 1_000;
const valuesPerField = 50;
const keptMs = 30_000;
const keptAnswers = 200;

/** Answers about names are kept for half a minute: people type faster than names come about. */
export function createRunVocabulary({ sql: reader, clock }: { sql: SqlReader; clock: Clock }): RunVocabulary {
  const kept = new Map<string, { readonly at: number; readonly names: Promise<RunNames> }>();
  return {
    names(workspace, scope) {
      const key = JSON.stringify([workspace, scope.project, scope.experiments?.map(({ id }) => id)]);
      const known = kept.get(key);
      if (known !== undefined && clock.now() - known.at < keptMs) return known.names;
      const names = readNames(reader, workspace, scope);
      kept.delete(key);
      kept.set(key, { at: clock.now(), names });
      for (const oldest of kept.keys()) if (kept.size > keptAnswers) kept.delete(oldest);
      names.catch(() => kept.delete(key));
      return names;
    },
    async values(workspace, scope, field, prefix) {
      const value = valueSql(field);
      const begins = `${prefix.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
      const { rows } = await sql<{ value: string; runs: number }>`
        select value, count(*) as runs
        from (
          select ${value} as value from runs
          where runs.id in (${newestOf(workspace, scope)})
        ) as valued
        where value is not null and lower(value) like ${begins} escape '\\'
        group by value order by count(*) desc, value limit ${valuesPerField}`.execute(reader.query());
      return rows;
    },
  };
}

async function readNames(reader: SqlReader, workspace: string, scope: RunScope): Promise<RunNames> {
  const [metrics, params, tags] = await Promise.all(
    (['metric_series', 'run_params', 'run_tags'] as const).map(async (table) => {
      const { rows } = await sql<{ name: string }>`
        select distinct name from ${sql.table(table)}
        where run_id in (${newestOf(workspace, scope)})
          ${table === 'metric_series' ? sql`and is_nan <> ${noPoint}` : sql``}
        order by name limit ${namesPerKind + 1}`.execute(reader.query());
      return rows.map(({ name }) => name);
    }),
  );
  const all = [metrics ?? [], params ?? [], tags ?? []] as const;
  return {
    metrics: all[0].slice(0, namesPerKind),
    params: all[1].slice(0, namesPerKind),
    tags: all[2].slice(0, namesPerKind),
    complete:
      all.every((names) => names.length <= namesPerKind) && !(await hasOlder(reader, workspace, scope)),
  };
}

async function hasOlder(reader: SqlReader, workspace: string, scope: RunScope): Promise<boolean> {
  const { rows } = await sql`${newestOf(workspace, scope)} offset ${newestRuns}`.execute(reader.query());
  return rows.length > 0;
}

function newestOf(workspace: string, scope: RunScope): RawBuilder<unknown> {
  const conditions: RawBuilder<SqlBool>[] = runConditions(workspace, {
    ...scope,
    conditions: [],
    lifecycle: 'active',
  });
  return sql`select runs.id from runs where ${sql.join(conditions, sql` and `)}
    order by runs.started_at desc, runs.id desc limit ${newestRuns}`;
}

/** The text of a run that a field names; for a `select` over runs. */
function valueSql(field: RunField): RawBuilder<unknown> {
  if (field.kind === 'attribute' && textAttributes.has(field.name)) return attributeSql(field.name);
  if (field.kind === 'param' || field.kind === 'tag') return entrySql(field.kind, field.name);
  throw esteiraError('RUN_FILTER_INVALID', {
    problem: `the values of ${field.kind === 'attribute' ? '' : `${field.kind}s.`}${field.name} are not listed`,
  });
}

const textAttributes: ReadonlySet<string> = new Set(['name', 'status', 'experiment', 'createdBy']);

/** A parameter or tag of a run, null where it has none; for a `select` over runs. */
export function entrySql(kind: 'param' | 'tag', name: string): RawBuilder<unknown> {
  const table = entryTables[kind];
  return sql`(select ${sql.ref(`${table}.value`)} from ${sql.table(table)}
    where ${sql.ref(`${table}.run_id`)} = runs.id and ${sql.ref(`${table}.name`)} = ${name})`;
}
