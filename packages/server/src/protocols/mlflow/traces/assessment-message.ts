import type { JsonValue } from '@esteira/contracts';
import type { Assessment, AssessmentChange, AssessmentError } from '../../../llm/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, missingParameter } from '../mlflow-error.ts';
import { optionalTimestamp, timestampOf } from './proto-time.ts';
import { readMap } from './read-map.ts';

const sourceTypes = ['SOURCE_TYPE_UNSPECIFIED', 'HUMAN', 'LLM_JUDGE', 'AI_JUDGE', 'CODE'] as const;
const runKey = 'mlflow.assessment.sourceRunId';
const serialFormat = 'JSON_FORMAT';

/** What a new assessment gets from the server. */
export interface NewAssessment {
  readonly now: number;
  newId(): string;
}

/** `Assessment` of MLflow. */
export function assessmentMessage(
  assessment: Assessment,
  traceId: string,
): Readonly<Record<string, unknown>> {
  return {
    assessment_id: assessment.id,
    assessment_name: assessment.name,
    trace_id: traceId,
    ...(assessment.spanId === undefined ? {} : { span_id: assessment.spanId }),
    source: {
      source_type: assessment.sourceType,
      ...(assessment.sourceId === undefined ? {} : { source_id: assessment.sourceId }),
    },
    create_time: timestampOf(assessment.createdAt),
    last_update_time: timestampOf(assessment.updatedAt),
    ...valueMessage(assessment),
    ...(assessment.rationale === undefined ? {} : { rationale: assessment.rationale }),
    ...(assessment.metadata === undefined ? {} : { metadata: assessment.metadata }),
    ...(assessment.overrides === undefined ? {} : { overrides: assessment.overrides }),
    valid: assessment.valid,
  };
}

function valueMessage({ kind, value, error }: Assessment): Readonly<Record<string, unknown>> {
  if (kind === 'issue') return { issue: { issue_name: value } };
  if (kind === 'feedback') {
    if (error === undefined) return { feedback: { value } };
    return {
      feedback: {
        value,
        error: {
          error_code: error.code,
          ...(error.message === undefined ? {} : { error_message: error.message }),
          ...(error.stackTrace === undefined ? {} : { stack_trace: error.stackTrace }),
        },
      },
    };
  }
  if (typeof value !== 'object' || value === null) return { expectation: { value } };
  const serialized = { serialization_format: serialFormat, value: JSON.stringify(value) };
  return { expectation: { serialized_value: serialized } };
}

/** Reads `Assessment`. */
export function readAssessment(fields: Fields, made: NewAssessment): Assessment {
  const source = fields.optionalMessage('source');
  if (source === undefined) throw fields.refuse('source', 'A source is expected');
  const metadata = readMap(fields, 'metadata');
  const sourceId = textOf(source, 'source_id');
  const runId = metadata[runKey];
  const spanId = textOf(fields, 'span_id');
  const rationale = textOf(fields, 'rationale');
  const overrides = textOf(fields, 'overrides');
  const createdAt = optionalTimestamp(fields, 'create_time') ?? made.now;
  const sourceType = source.optionalChoice('source_type', sourceTypes) ?? 'SOURCE_TYPE_UNSPECIFIED';
  return {
    id: textOf(fields, 'assessment_id') ?? made.newId(),
    name: fields.text('assessment_name'),
    ...readValue(fields),
    ...(rationale === undefined ? {} : { rationale }),
    sourceType: sourceType === 'AI_JUDGE' ? 'LLM_JUDGE' : sourceType,
    ...(sourceId === undefined ? {} : { sourceId }),
    ...(spanId === undefined ? {} : { spanId }),
    ...(runId === undefined ? {} : { runId }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(overrides === undefined ? {} : { overrides }),
    valid: fields.optionalFlag('valid') ?? true,
    createdAt,
    updatedAt: optionalTimestamp(fields, 'last_update_time') ?? createdAt,
  };
}

/** Reads what of an assessment an update names in its mask. */
export function readAssessmentChange(assessment: Fields, mask: readonly string[]): AssessmentChange {
  const has = (path: string): boolean => mask.includes(path);
  const feedback = has('feedback') ? readFeedback(assessment) : undefined;
  const valid = has('valid') ? (assessment.optionalFlag('valid') ?? false) : undefined;
  return {
    ...(has('assessment_name') ? { name: assessment.text('assessment_name') } : {}),
    ...(has('expectation') ? { expectation: { value: readExpectation(assessment) } } : {}),
    ...(feedback === undefined ? {} : { feedback }),
    ...(has('rationale') ? { rationale: assessment.optionalText('rationale') ?? '' } : {}),
    ...(has('metadata') ? { metadata: readMap(assessment, 'metadata') } : {}),
    ...(valid === undefined ? {} : { valid }),
  };
}

/** The paths of a `google.protobuf.FieldMask`: one text in JSON, with capitals for underscores. */
export function readMask(fields: Fields, name: string): readonly string[] {
  const value = fields.raw(name);
  const paths = typeof value === 'string' ? value.split(',') : fields.optionalMessage(name)?.texts('paths');
  if (paths === undefined || paths.length === 0 || paths.includes('')) throw missingParameter(name);
  return paths.map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function readValue(fields: Fields): Pick<Assessment, 'kind' | 'value' | 'error'> {
  const kinds = (['feedback', 'expectation', 'issue'] as const).filter((kind) => fields.has(kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw invalidParameter('Exactly one of `expectation`, `feedback`, or `issue` should be specified.');
  if (kind === 'feedback') {
    const { value, error } = readFeedback(fields);
    const topError = fields.optionalMessage('error');
    const found = error ?? (topError === undefined ? undefined : readError(topError));
    return { kind, value, ...(found === undefined ? {} : { error: found }) };
  }
  if (kind === 'expectation') return { kind, value: readExpectation(fields) };
  return { kind, value: fields.optionalMessage('issue')?.text('issue_name') ?? '' };
}

function readFeedback(fields: Fields): { value: JsonValue; error?: AssessmentError } {
  const feedback = fields.optionalMessage('feedback');
  const error = feedback?.optionalMessage('error');
  return {
    value: (feedback?.raw('value') ?? null) as JsonValue,
    ...(error === undefined ? {} : { error: readError(error) }),
  };
}

function readError(error: Fields): AssessmentError {
  const message = textOf(error, 'error_message');
  const stackTrace = textOf(error, 'stack_trace');
  return {
    code: error.optionalText('error_code') ?? '',
    ...(message === undefined ? {} : { message }),
    ...(stackTrace === undefined ? {} : { stackTrace }),
  };
}

function readExpectation(fields: Fields): JsonValue {
  const expectation = fields.optionalMessage('expectation');
  const serialized = expectation?.optionalMessage('serialized_value');
  const value =
    serialized === undefined ? expectation?.raw('value') : parsed(serialized.text('value'), serialized);
  if (value === undefined) throw invalidParameter('The `value` field must be specified.');
  return value as JsonValue;
}

function parsed(text: string, serialized: Fields): unknown {
  const format = serialized.optionalText('serialization_format') ?? serialFormat;
  if (format !== serialFormat)
    throw serialized.refuse('serialization_format', `Only ${serialFormat} is known`);
  try {
    return JSON.parse(text);
  } catch {
    throw serialized.refuse('value', 'Value is not JSON');
  }
}

/** Nothing for the empty text, as protobuf has it. */
function textOf(fields: Fields, name: string): string | undefined {
  return fields.optionalText(name) || undefined;
}
