import type { ToldTrace, TraceHead } from '../../../llm/index.ts';
import { traceStates } from '../../../llm/index.ts';
import type { Fields } from '../fields.ts';
import { assessmentMessage, type NewAssessment, readAssessment } from './assessment-message.ts';
import { durationOf, optionalDuration, optionalTimestamp, timestampOf } from './proto-time.ts';
import { readMap } from './read-map.ts';

/** Tags that the protocol itself makes; what is sent under these names is not kept. */
export const nameTag = 'mlflow.traceName';
const locationTag = 'mlflow.trace.spansLocation';
const artifactTag = 'mlflow.artifactLocation';
export const ownTags: readonly string[] = [locationTag, artifactTag, 'mlflow.trace.archiveLocation'];

const longestMetadata = 250;
const longestTag = 4096;

/** `TraceInfoV3`; `experiment` is the id of its experiment on the wire. */
export function traceMessage(trace: TraceHead, experiment: string): Readonly<Record<string, unknown>> {
  return {
    trace_id: trace.id,
    ...(trace.clientRequestId === undefined ? {} : { client_request_id: trace.clientRequestId }),
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
    ...(trace.requestPreview === undefined ? {} : { request_preview: trace.requestPreview }),
    ...(trace.responsePreview === undefined ? {} : { response_preview: trace.responsePreview }),
    request_time: timestampOf(trace.requestedAt),
    ...(trace.durationMs === undefined ? {} : { execution_duration: durationOf(trace.durationMs) }),
    state: trace.state,
    trace_metadata: shortened(trace.metadata, longestMetadata),
    tags: shortened(tagsOf(trace, experiment), longestTag),
    assessments: trace.assessments.map((assessment) => assessmentMessage(assessment, trace.id)),
  };
}

/** `TraceInfo` of the second version of the protocol. */
export function traceMessageV2(trace: TraceHead, experiment: string): Readonly<Record<string, unknown>> {
  return {
    request_id: trace.id,
    experiment_id: experiment,
    timestamp_ms: trace.requestedAt,
    ...(trace.durationMs === undefined ? {} : { execution_time_ms: trace.durationMs }),
    status: trace.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : trace.state,
    request_metadata: entries(shortened(trace.metadata, longestMetadata)),
    tags: entries(shortened(tagsOf(trace, experiment), longestTag)),
  };
}

function tagsOf(trace: TraceHead, experiment: string): Readonly<Record<string, string>> {
  return {
    ...trace.tags,
    ...(trace.name === undefined ? {} : { [nameTag]: trace.name }),
    [artifactTag]: `mlflow-artifacts:/${experiment}/traces/${trace.id}/artifacts`,
    ...(trace.spansStored ? { [locationTag]: 'TRACKING_STORE' } : {}),
  };
}

function shortened(
  given: Readonly<Record<string, string>>,
  longest: number,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value.slice(0, longest)]));
}

function entries(given: Readonly<Record<string, string>>) {
  return Object.entries(given).map(([key, value]) => ({ key, value }));
}

/** Reads `TraceInfoV3`. */
export function readTrace(info: Fields, experimentId: string, made: NewAssessment): ToldTrace {
  const { name, tags } = withoutOwnTags(readMap(info, 'tags'));
  const durationMs = optionalDuration(info, 'execution_duration');
  const clientRequestId = info.optionalText('client_request_id');
  const requestPreview = info.optionalText('request_preview') ?? info.optionalText('request');
  const responsePreview = info.optionalText('response_preview') ?? info.optionalText('response');
  const id = info.text('trace_id');
  return {
    id,
    experimentId,
    requestedAt: optionalTimestamp(info, 'request_time') ?? made.now,
    ...(durationMs === undefined ? {} : { durationMs }),
    state: info.optionalChoice('state', traceStates) ?? 'STATE_UNSPECIFIED',
    ...(name === undefined ? {} : { name }),
    ...(clientRequestId === undefined ? {} : { clientRequestId }),
    ...(requestPreview === undefined ? {} : { requestPreview }),
    ...(responsePreview === undefined ? {} : { responsePreview }),
    tags,
    metadata: readMap(info, 'trace_metadata'),
    assessments: info.messages('assessments').map((assessment) => readAssessment(assessment, made)),
    // Spans that come belong to a trace named after their own id; those of another stay a file.
    spansStored: id.startsWith('tr-'),
  };
}

/** The experiment that a trace says it lies in. */
export function experimentOf(info: Fields): string {
  const location = info.optionalMessage('trace_location')?.optionalMessage('mlflow_experiment');
  if (location === undefined) throw info.refuse('trace_location', 'An MLflow experiment is expected');
  return location.text('experiment_id');
}

/** The name of a trace is a tag on the wire. */
export function withoutOwnTags(given: Readonly<Record<string, string>>): {
  readonly name?: string;
  readonly tags: Readonly<Record<string, string>>;
} {
  const tags = Object.fromEntries(
    Object.entries(given).filter(([key]) => key !== nameTag && !ownTags.includes(key)),
  );
  const name = given[nameTag];
  return { ...(name === undefined ? {} : { name: name.slice(0, longestTag) }), tags };
}
