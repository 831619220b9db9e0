import type { DatabaseSync } from 'node:sqlite';

/** Ids of what `writeGenai` writes. */
export const genaiIds = {
  /** Its spans are in the database; something is attached to it. */
  trace: `tr-${'ab'.repeat(16)}`,
  /** Its spans are a file. */
  traceInFile: `tr-${'cd'.repeat(16)}`,
  /** Of a client of MLflow 2. */
  oldTrace: 'ef'.repeat(16),
  attachment: '11111111-2222-3333-4444-555555555555',
} as const;

const { trace, traceInFile, oldTrace, attachment } = genaiIds;

/** A span as MLflow 3 stores it: ids in base64, attributes as JSON within texts. */
export function storedSpan(traceId: string, id: string, parent: string | null): string {
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  const picture = `mlflow-attachment://${attachment}?content_type=image%2Fpng&trace_id=${trace}&size=4`;
  const attributes = {
    'mlflow.traceRequestId': `"${traceId}"`,
    'mlflow.spanInputs': JSON.stringify({ q: 'why?', picture }),
    large: '9007199254740993',
    whole: '1.0',
    none: 'NaN',
    list: '[1, 2.5, null, "x", true, {"ü": {}}]',
    raw: 'no json',
  };
  // Numbers of this size and NaN are written by hand: JSON.stringify has neither.
  return `{"trace_id": "${base64(traceId.slice(3))}", "span_id": "${base64(id)}",
    "parent_span_id": ${parent === null ? 'null' : `"${base64(parent)}"`}, "name": "step ${id}",
    "start_time_unix_nano": 1700000000000000001, "end_time_unix_nano": 1700000000500000002,
    "events": [{"name": "hit", "time_unix_nano": 1700000000000000003, "attributes": {"n": 3, "f": NaN, "l": [1]}}],
    "status": {"code": "STATUS_CODE_ERROR", "message": "it broke"}, "attributes": ${JSON.stringify(attributes)},
    "links": [{"trace_id": "${traceInFile}", "span_id": "00f067aa0ba902b7", "attributes": {"why": "next"}}]}`;
}

/** What judges answers, of one experiment with the id 1, and files that belong to it by their paths below the root. */
export function writeGenai(database: DatabaseSync): Readonly<Record<string, string>> {
  database.exec(tables);
  database.exec(rows);
  const insert = database.prepare('insert into spans values (?, ?, ?, ?, 1, ?)');
  const parent = '1111111111111111';
  insert.run(trace, '2222222222222222', parent, storedSpan(trace, '2222222222222222', parent), 5);
  insert.run(trace, parent, null, storedSpan(trace, parent, null), 7);
  return {
    [`1/traces/${trace}/artifacts/attachments/${attachment}`]: 'PNG!',
    [`1/traces/${traceInFile}/artifacts/traces.json`]: `{"spans": [${storedSpan(traceInFile, parent, null)}]}`,
    [`1/traces/${oldTrace}/artifacts/traces.json`]: '{"spans": [{"context": {"span_id": "0x1"}}]}',
  };
}

const tables = `
create table trace_info (request_id text, experiment_id integer, timestamp_ms integer, execution_time_ms integer,
  status text, client_request_id text, request_preview text, response_preview text, trace_name text, session_id text,
  input_tokens integer, output_tokens integer, total_tokens integer, cache_read_input_tokens integer,
  cache_creation_input_tokens integer, cache_creation_input_tokens_above_1hr integer, input_cost real,
  output_cost real, total_cost real);
create table trace_tags (key text, value text, request_id text);
create table trace_request_metadata (key text, value text, request_id text);
create table assessments (assessment_id text, trace_id text, name text, assessment_type text, value text, error text,
  created_timestamp integer, last_updated_timestamp integer, source_type text, source_id text, run_id text,
  span_id text, rationale text, overrides text, valid integer, assessment_metadata text);
create table spans (trace_id text, span_id text, parent_span_id text, content text, experiment_id integer,
  start_time_unix_nano integer);
create table entity_associations (source_type text, source_id text, destination_type text, destination_id text);
create table issues (issue_id text, experiment_id integer, name text, description text, status text, severity text,
  root_causes text, source_run_id text, categories text, created_timestamp integer, last_updated_timestamp integer,
  created_by text);
create table evaluation_datasets (dataset_id text, name text, created_time integer, last_update_time integer,
  created_by text, last_updated_by text, workspace text default 'default');
create table evaluation_dataset_tags (dataset_id text, key text, value text);
create table evaluation_dataset_records (dataset_record_id text, dataset_id text, inputs json, outputs json,
  expectations json, tags json, source json, created_time integer, last_update_time integer, created_by text,
  last_updated_by text);
create table scorers (experiment_id integer, scorer_name text, scorer_id text);
create table scorer_versions (scorer_id text, scorer_version integer, serialized_scorer text, creation_time integer);
create table webhooks (webhook_id text, name text, description text, url text, status text, secret text,
  creation_timestamp integer, last_updated_timestamp integer, deleted_timestamp integer,
  workspace text default 'default');
create table webhook_events (webhook_id text, entity text, action text);
`;

const rows = `
insert into trace_info (request_id, experiment_id, timestamp_ms, execution_time_ms, status, request_preview,
  client_request_id, trace_name, session_id, input_tokens, output_tokens, total_tokens, total_cost) values
  ('${trace}', 1, 1700000000123, 1250, 'ERROR', 'why?', 'req-1', 'agent', 's-1', 10, 5, 15, 0.25),
  ('${traceInFile}', 1, 1700000000124, null, 'OK', null, null, null, null, null, null, null, null),
  ('${oldTrace}', 1, 1700000000125, 500, 'OK', null, null, 'v2', null, null, null, null, null);
insert into trace_tags values
  ('mlflow.trace.spansLocation', 'TRACKING_STORE', '${trace}'), ('env', 'live', '${trace}'),
  ('mlflow.artifactLocation', 'mlflow-artifacts:/1/traces/${trace}/artifacts', '${trace}'),
  ('mlflow.artifactLocation', 'mlflow-artifacts:/1/traces/${traceInFile}/artifacts', '${traceInFile}'),
  ('mlflow.artifactLocation', 'mlflow-artifacts:/1/traces/${oldTrace}/artifacts', '${oldTrace}');
insert into trace_request_metadata values ('mlflow.trace.user', 'ana', '${trace}');
insert into assessments values
  ('a-1', '${trace}', 'quality', 'feedback', '0.25', null, 1700000001000, 1700000002000, 'HUMAN', 'ana', null,
   '1111111111111111', 'too short', null, 0, '{"k": "v"}'),
  ('a-2', '${trace}', 'quality', 'feedback', '{"b": [1, null]}', null, 1700000003000, 1700000003000, 'HUMAN', 'rui',
   'a1', null, null, 'a-1', 1, null),
  ('a-3', '${trace}', 'failed', 'feedback', 'null',
   '{"error_code": "E1", "error_message": "bad", "stack_trace": "at 1"}', 1700000003000, 1700000003000, 'CODE', null,
   null, null, null, null, 1, null),
  ('a-4', '${trace}', 'facts', 'expectation', '["x", 2]', null, 1700000003000, 1700000003000, 'LLM_JUDGE', 'm', null,
   null, null, null, 1, null),
  ('a-5', '${trace}', 'iss-1', 'issue', '{"issue_name": "slow"}', null, 1700000003000, 1700000003000, 'HUMAN', 'ana',
   null, null, null, null, 1, null);
insert into entity_associations values
  ('trace', '${trace}', 'run', 'b1'), ('evaluation_dataset', 'd-1', 'experiment', '1');
insert into issues values
  ('iss-1', 1, 'slow', 'It takes long', 'resolved', 'high', '["a query", "the \\u00fc"]', 'a1', '["latency"]', 800, 801,
   'rui'),
  ('iss-2', 7, 'odd', '', 'pending', null, null, null, null, 802, 802, null),
  ('iss-3', 99, 'of another workspace', '', 'pending', null, null, null, null, 803, 803, null);
insert into evaluation_datasets (dataset_id, name, created_time, last_update_time, created_by) values
  ('d-1', 'questions', 500, 501, 'ana'), ('d-2', 'empty', 502, 503, null);
insert into evaluation_dataset_tags values ('d-1', 'kind', 'qa');
insert into evaluation_dataset_records values
  ('dr-2', 'd-1', '{"q": "how?", "n": 1.0}', 'null', 'null', '{"mlflow.user": "ana"}', null, 510, 511, 'ana', 'rui'),
  ('dr-1', 'd-1', '{"q": "why?"}', '{"mlflow_wrapped": ["x", null]}', '{"a": 1.5}', '{}',
   '{"source_type": "HUMAN", "source_data": {"user_name": "rui"}}', 510, 510, null, null);
insert into scorers values (1, 'brief', 's-1'), (1, 'coded', 's-2');
insert into scorer_versions values ('s-1', 1, '{"instructions": "Is it short?"}', 600),
  ('s-1', 3, '{"instructions": "Is it brief?"}', 601), ('s-2', 1, '{"call_source": "return 1"}', 602);
insert into webhooks (webhook_id, name, description, url, status, secret, creation_timestamp, deleted_timestamp) values
  ('w-1', 'news', 'to the team', 'https://93.184.215.14/hook', 'ACTIVE', 'gAAAA', 700, null),
  ('w-2', 'old', null, 'https://93.184.215.14/old', 'ACTIVE', null, 700, 701);
insert into webhook_events values ('w-1', 'registered_model', 'created'), ('w-2', 'registered_model', 'created');
`;
