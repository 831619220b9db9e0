import type { JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase, SqlReader } from '../../storage/sql/sql-database.ts';
import {
  deleteAssessmentRow,
  findAssessment,
  putAssessments,
  setAssessmentValid,
} from './assessment-store.ts';
import type { Assessment, AssessmentError } from './trace.ts';
import { findTraceRow, type TraceRow } from './trace-store.ts';

/** What may change of an assessment. Keys that are not named stay; metadata is merged. */
export interface AssessmentChange {
  readonly name?: string;
  readonly expectation?: { readonly value: JsonValue };
  readonly feedback?: { readonly value: JsonValue; readonly error?: AssessmentError };
  readonly rationale?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly valid?: boolean;
}

/** Judgements on traces. All throw TRACE_NOT_FOUND. */
export interface Assessments {
  /** One that overrides another makes that one invalid. Throws ASSESSMENT_NOT_FOUND for the one it overrides. */
  create(context: RequestContext, traceId: string, assessment: Assessment): Promise<void>;
  /** Throws ASSESSMENT_NOT_FOUND. */
  find(workspace: string, traceId: string, id: string): Promise<Assessment>;
  /** Throws ASSESSMENT_NOT_FOUND, ASSESSMENT_KIND_DIFFERS. */
  update(context: RequestContext, traceId: string, id: string, change: AssessmentChange): Promise<Assessment>;
  /** What it stood in place of is valid again. One that is not there is deleted already. */
  delete(context: RequestContext, traceId: string, id: string): Promise<void>;
}

export function createAssessments({ sql, clock }: { sql: SqlDatabase; clock: Clock }): Assessments {
  return {
    create: ({ workspace }, traceId, assessment) =>
      sql.transaction(async (tx) => {
        const { number } = await existingTrace(tx, workspace, traceId);
        if (assessment.overrides !== undefined) {
          const done = await setAssessmentValid(tx, number, assessment.overrides, false);
          if (!done) throw esteiraError('ASSESSMENT_NOT_FOUND', { id: assessment.overrides, trace: traceId });
        }
        await putAssessments(tx, number, [assessment]);
      }),

    async find(workspace, traceId, id) {
      const { number } = await existingTrace(sql, workspace, traceId);
      return existingAssessment(sql, number, traceId, id);
    },

    update: ({ workspace }, traceId, id, change) =>
      sql.transaction(async (tx) => {
        const { number } = await existingTrace(tx, workspace, traceId);
        const changed = apply(await existingAssessment(tx, number, traceId, id), change, clock.now());
        await putAssessments(tx, number, [changed]);
        return changed;
      }),

    delete: ({ workspace }, traceId, id) =>
      sql.transaction(async (tx) => {
        const { number } = await existingTrace(tx, workspace, traceId);
        const found = await findAssessment(tx, number, id);
        if (found === undefined) return;
        await deleteAssessmentRow(tx, number, id);
        if (found.overrides !== undefined) await setAssessmentValid(tx, number, found.overrides, true);
      }),
  };
}

function apply(found: Assessment, change: AssessmentChange, now: number): Assessment {
  const isOther =
    (change.expectation !== undefined && found.kind !== 'expectation') ||
    (change.feedback !== undefined && found.kind !== 'feedback');
  if (isOther) throw esteiraError('ASSESSMENT_KIND_DIFFERS', { id: found.id, kind: found.kind });
  const { error: _error, ...withoutError } = found;
  const kept = change.feedback === undefined ? found : withoutError;
  const value = change.expectation ?? change.feedback;
  const metadata = { ...found.metadata, ...change.metadata };
  return {
    ...kept,
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(value === undefined ? {} : { value: value.value }),
    ...(change.feedback?.error === undefined ? {} : { error: change.feedback.error }),
    ...(change.rationale === undefined ? {} : { rationale: change.rationale }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(change.valid === undefined ? {} : { valid: change.valid }),
    updatedAt: now,
  };
}

async function existingTrace(reader: SqlReader, workspace: string, id: string): Promise<TraceRow> {
  const found = await findTraceRow(reader, workspace, id);
  if (found === undefined) throw esteiraError('TRACE_NOT_FOUND', { id });
  return found;
}

async function existingAssessment(
  reader: SqlReader,
  number: number,
  trace: string,
  id: string,
): Promise<Assessment> {
  const found = await findAssessment(reader, number, id);
  if (found === undefined) throw esteiraError('ASSESSMENT_NOT_FOUND', { id, trace });
  return found;
}
