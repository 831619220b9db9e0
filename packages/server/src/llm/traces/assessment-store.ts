import type { JsonValue } from '@esteira/contracts';
import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Assessment, AssessmentError, AssessmentKind } from './trace.ts';

export interface AssessmentTables {
  trace_assessments: {
    trace: number;
    id: string;
    kind: AssessmentKind;
    name: string;
    value: string;
    /** The value where it is a number. */
    number: number | null;
    error: string | null;
    rationale: string | null;
    source_type: string;
    source_id: string | null;
    span_id: string | null;
    run_id: string | null;
    metadata: string | null;
    overrides: string | null;
    valid: number;
    created_at: number;
    updated_at: number;
  };
}

const columns = {
  trace: 'bigint',
  id: 'text',
  kind: 'text',
  name: 'text',
  value: 'text',
  number: 'double precision',
  error: 'text',
  rationale: 'text',
  source_type: 'text',
  source_id: 'text',
  span_id: 'text',
  run_id: 'text',
  metadata: 'text',
  overrides: 'text',
  valid: 'bigint',
  created_at: 'bigint',
  updated_at: 'bigint',
} as const;

/** Stores assessments of a trace; those with the same ids are replaced. */
export async function putAssessments(
  tx: SqlTransaction,
  trace: number,
  assessments: readonly Assessment[],
): Promise<void> {
  const last = new Map(assessments.map((assessment) => [assessment.id, assessment]));
  const replaced = Object.keys(columns).filter((column) => column !== 'trace' && column !== 'id');
  await tx.forEachRow(
    columns,
    [...last.values()].map((each) => [
      trace,
      each.id,
      each.kind,
      each.name,
      JSON.stringify(each.value),
      typeof each.value === 'number' ? each.value : null,
      each.error === undefined ? null : JSON.stringify(each.error),
      each.rationale ?? null,
      each.sourceType,
      each.sourceId ?? null,
      each.spanId ?? null,
      each.runId ?? null,
      each.metadata === undefined ? null : JSON.stringify(each.metadata),
      each.overrides ?? null,
      each.valid ? 1 : 0,
      each.createdAt,
      each.updatedAt,
    ]),
    ({ value, from }) => sql`
      insert into trace_assessments (${sql.join(Object.keys(columns).map((column) => sql.ref(column)))})
      select ${sql.join(Object.keys(columns).map((column) => value(column)))} ${from}
      where true
      on conflict (trace, id) do update set
      ${sql.join(replaced.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`))}`,
  );
}

/** False when the trace has no such assessment. */
export async function setAssessmentValid(
  tx: SqlTransaction,
  trace: number,
  id: string,
  valid: boolean,
): Promise<boolean> {
  const result = await tx
    .query<AssessmentTables>()
    .updateTable('trace_assessments')
    .set({ valid: valid ? 1 : 0 })
    .where('trace', '=', trace)
    .where('id', '=', id)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) > 0;
}

export async function findAssessment(
  reader: SqlReader,
  trace: number,
  id: string,
): Promise<Assessment | undefined> {
  const row = await reader
    .query<AssessmentTables>()
    .selectFrom('trace_assessments')
    .selectAll()
    .where('trace', '=', trace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? undefined : toAssessment(row);
}

export async function deleteAssessmentRow(tx: SqlTransaction, trace: number, id: string): Promise<void> {
  await tx
    .query<AssessmentTables>()
    .deleteFrom('trace_assessments')
    .where('trace', '=', trace)
    .where('id', '=', id)
    .execute();
}

const tracesPerRead = 500;

/** The assessments of traces, in the order they were made. */
export async function assessmentsOf(
  reader: SqlReader,
  traces: readonly number[],
): Promise<ReadonlyMap<number, readonly Assessment[]>> {
  const byTrace = new Map<number, Assessment[]>();
  for (let start = 0; start < traces.length; start += tracesPerRead) {
    const rows = await reader
      .query<AssessmentTables>()
      .selectFrom('trace_assessments')
      .selectAll()
      .where('trace', 'in', traces.slice(start, start + tracesPerRead))
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    for (const row of rows) {
      const own = byTrace.get(row.trace) ?? [];
      own.push(toAssessment(row));
      byTrace.set(row.trace, own);
    }
  }
  return byTrace;
}

function toAssessment(row: AssessmentTables['trace_assessments']): Assessment {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    value: JSON.parse(row.value) as JsonValue,
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as AssessmentError }),
    ...(row.rationale === null ? {} : { rationale: row.rationale }),
    sourceType: row.source_type,
    ...(row.source_id === null ? {} : { sourceId: row.source_id }),
    ...(row.span_id === null ? {} : { spanId: row.span_id }),
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    ...(row.metadata === null ? {} : { metadata: JSON.parse(row.metadata) as Record<string, string> }),
    ...(row.overrides === null ? {} : { overrides: row.overrides }),
    valid: row.valid === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
