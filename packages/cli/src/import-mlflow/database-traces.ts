import type { ArtifactFolder } from './artifact-folder.ts';
import { entriesOf } from './mlflow-words.ts';
import { readPlainJson, readPythonJson } from './python-json.ts';
import { reasonOf } from './reason-of.ts';
import { marks, pairsIn, rowsOf } from './rows-of.ts';
import type { SourceDatabase, SourceRow } from './source-database.ts';
import { isOfOldClient, spanMessagesOf, spansFile, spansIn } from './trace-files.ts';
import { artifactLocationTag, spansLocationTag, type TraceMessage } from './trace-messages.ts';

const tracesPerRead = 200;
const spansAtOnce = 2_000;
const nameTag = 'mlflow.traceName';
const runKey = 'mlflow.assessment.sourceRunId';

type Message = Readonly<Record<string, unknown>>;
type Rows = ReadonlyMap<string, readonly SourceRow[]>;

/** The traces of an experiment with their spans, by id, some thousand spans at once. */
export async function* readTraces(
  database: SourceDatabase,
  folder: ArtifactFolder,
  experimentKey: string,
): AsyncIterable<readonly TraceMessage[]> {
  for (let last = ''; ; ) {
    const rows = await database.rows(
      `select trace_info.*, (select count(*) from spans where trace_id = request_id) as spans from trace_info
       where experiment_id = ? and request_id > ? order by request_id limit ${tracesPerRead}`,
      [experimentKey, last],
    );
    if (rows.length === 0) return;
    let some: SourceRow[] = [];
    let spans = 0;
    for (const row of rows) {
      if (some.length > 0 && spans + Number(row.spans) > spansAtOnce) {
        yield await completeTraces(database, folder, some);
        [some, spans] = [[], 0];
      }
      some.push(row);
      spans += Number(row.spans);
    }
    yield await completeTraces(database, folder, some);
    last = String(rows.at(-1)?.request_id);
  }
}

/** Which traces are linked to which run, apart from those that were made within it. */
export async function* readTraceLinks(
  database: SourceDatabase,
): AsyncIterable<{ readonly runId: string; readonly traceIds: readonly string[] }> {
  const rows = await database.rows(
    `select source_id, destination_id from entity_associations
     where source_type = 'trace' and destination_type = 'run' order by destination_id, source_id`,
  );
  for (const [runId, own] of Map.groupBy(rows, ({ destination_id }) => String(destination_id)))
    yield { runId, traceIds: own.map(({ source_id }) => String(source_id)) };
}

async function completeTraces(
  database: SourceDatabase,
  folder: ArtifactFolder,
  rows: readonly SourceRow[],
): Promise<readonly TraceMessage[]> {
  const ids = rows.map(({ request_id }) => String(request_id));
  const of = (columns: string, table: string) => rowsOf(database, columns, table, 'request_id', ids);
  const tags = await of('key, value', 'trace_tags');
  const metadata = await of('key, value', 'trace_request_metadata');
  const assessments = await rowsOf(database, '*', 'assessments', 'trace_id', ids);
  const spans = Map.groupBy(
    await database.rows(
      `select trace_id, content from spans where trace_id in (${marks(ids)})
       order by case when parent_span_id is null then 0 else 1 end, start_time_unix_nano`,
      ids,
    ),
    ({ trace_id }) => String(trace_id),
  );
  const traces: TraceMessage[] = [];
  for (const row of rows) {
    const info = infoOf(row, tags, metadata, assessments);
    traces.push({ trace_info: info, ...(await spansOf(folder, info, spans.get(info.trace_id) ?? [])) });
  }
  return traces;
}

/** Spans that are there and cannot be read are told of; those that were never kept are not missed. */
async function spansOf(
  folder: ArtifactFolder,
  { trace_id: id, tags = {} }: TraceMessage['trace_info'],
  rows: readonly SourceRow[],
): Promise<Pick<TraceMessage, 'spans' | 'unread'>> {
  const { [spansLocationTag]: place, [artifactLocationTag]: location = '' } = tags;
  if (place === 'ARCHIVE_REPO')
    return { unread: 'its spans are in an archive: import them from the running server, --from http://…' };
  try {
    if (place === 'TRACKING_STORE')
      return {
        spans: spanMessagesOf(
          rows.map(({ content }) => readPythonJson(String(content))),
          id,
        ),
      };
    if (isOfOldClient(id)) return {};
    const owner = { kind: 'trace', id, location } as const;
    for await (const { path } of folder.files(owner))
      if (path === spansFile) return { spans: await spansIn(folder.read(owner, spansFile), id) };
    return {};
  } catch (error) {
    return { unread: reasonOf(error) };
  }
}

function infoOf(row: SourceRow, tags: Rows, metadata: Rows, assessments: Rows): TraceMessage['trace_info'] {
  const id = String(row.request_id);
  const { client_request_id: clientId, request_preview: request, response_preview: response } = row;
  return {
    trace_id: id,
    request_time: timestamp(row.timestamp_ms),
    ...(row.execution_time_ms === null
      ? {}
      : { execution_duration: `${Number(row.execution_time_ms) / 1_000}s` }),
    state: String(row.status),
    ...(clientId === null ? {} : { client_request_id: clientId }),
    ...(request === null ? {} : { request_preview: request }),
    ...(response === null ? {} : { response_preview: response }),
    tags: {
      ...mapOf(tags.get(id)),
      ...(row.trace_name === null ? {} : { [nameTag]: String(row.trace_name) }),
    },
    trace_metadata: { ...mapOf(metadata.get(id)), ...metadataIn(row) },
    assessments: (assessments.get(id) ?? []).map(assessmentOf),
  };
}

const tokenColumns = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
];
const costColumns = ['input_cost', 'output_cost', 'total_cost'];

/** What MLflow 3.17 keeps of a trace's metadata in columns of their own. */
function metadataIn(row: SourceRow): Readonly<Record<string, string>> {
  const usage = told(row, tokenColumns, String);
  const cost = told(row, costColumns, (value) => (Number.isInteger(value) ? `${value}.0` : String(value)));
  return {
    ...(row.session_id === null ? {} : { 'mlflow.trace.session': String(row.session_id) }),
    ...(usage === undefined ? {} : { 'mlflow.trace.tokenUsage': usage }),
    ...(cost === undefined ? {} : { 'mlflow.trace.cost': cost }),
  };
}

/** As Python writes it, for clients compare it as text. */
function told(
  row: SourceRow,
  columns: readonly string[],
  toText: (value: number) => string,
): string | undefined {
  const known = columns.filter((column) => row[column] !== null && row[column] !== undefined);
  if (known.length === 0) return undefined;
  return `{${known.map((column) => `"${column}": ${toText(Number(row[column]))}`).join(', ')}}`;
}

function assessmentOf(row: SourceRow): Message {
  const metadata = textsOf(row.assessment_metadata ?? null);
  const { span_id: spanId, rationale, overrides, run_id: runId, source_id: sourceId } = row;
  return {
    assessment_id: row.assessment_id,
    assessment_name: row.name,
    trace_id: row.trace_id,
    source: { source_type: row.source_type, ...(sourceId ? { source_id: sourceId } : {}) },
    create_time: timestamp(row.created_timestamp),
    last_update_time: timestamp(row.last_updated_timestamp),
    ...assessed(row),
    ...(spanId ? { span_id: spanId } : {}),
    ...(rationale === null ? {} : { rationale }),
    ...(overrides ? { overrides } : {}),
    metadata: {
      ...metadata,
      ...(runId && metadata[runKey] === undefined ? { [runKey]: String(runId) } : {}),
    },
    valid: row.valid === true || row.valid === 1,
  };
}

function assessed(row: SourceRow): Message {
  const value = readPlainJson(String(row.value));
  if (row.assessment_type === 'issue') return { issue: value };
  if (row.assessment_type === 'feedback') {
    const error = row.error ?? null;
    return { feedback: { value, ...(error === null ? {} : { error: readPlainJson(String(error)) }) } };
  }
  if (typeof value !== 'object' || value === null) return { expectation: { value } };
  const serialized = { serialization_format: 'JSON_FORMAT', value: JSON.stringify(value) };
  return { expectation: { serialized_value: serialized } };
}

function textsOf(text: SourceRow[string]): Readonly<Record<string, string>> {
  const value = text === null ? {} : readPlainJson(String(text));
  return Object.fromEntries(
    Object.entries(value ?? {}).map(([name, one]) => [
      name,
      typeof one === 'string' ? one : JSON.stringify(one),
    ]),
  );
}

function mapOf(rows: readonly SourceRow[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesOf(pairsIn(rows)));
}

function timestamp(ms: SourceRow[string] | undefined): string {
  return new Date(Number(ms ?? 0)).toISOString();
}
