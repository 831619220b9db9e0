import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeGenai } from './mlflow-genai.fixture.ts';

/** A small database of MLflow 3.17 with the columns that are read, and a folder of its artifacts. */
export function writeMlflowDatabase(
  folder: string,
  { points = 3_000 } = {},
): {
  readonly address: string;
  readonly artifacts: string;
} {
  const path = join(folder, 'mlflow.db');
  const artifacts = join(folder, 'artifacts');
  const database = new DatabaseSync(path);
  database.exec(tables);
  database.exec(rows);
  const insert = database.prepare('insert into metrics values (?, ?, ?, ?, ?, ?)');
  database.exec('begin');
  for (let step = 0; step < points; step++) insert.run('loss', 1 / (step + 1), 1_000 + step, 'a1', step, 0);
  insert.run('odd', 0, 5, 'a1', 0, 1);
  insert.run('odd', -1, 5, 'a1', 0, 0);
  insert.run('huge', 1.7976931348623157e308, 5, 'a1', 0, 0);
  const latest = database.prepare('insert into latest_metrics values (?, ?, ?, ?, ?, ?)');
  latest.run('loss', 1 / points, 999 + points, points - 1, 0, 'a1');
  latest.run('odd', 0, 5, 0, 1, 'a1');
  latest.run('huge', 1.7976931348623157e308, 5, 0, 0, 'a1');
  database.exec('commit');
  const files = writeGenai(database);
  database.close();
  write(join(artifacts, '1/a1/artifacts/plots/roc é.txt'), 'a curve');
  write(join(artifacts, '1/a1/artifacts/empty'), '');
  write(join(artifacts, '1/d1/artifacts/kept.txt'), 'of a deleted run');
  write(join(artifacts, '1/models/m-1/artifacts/MLmodel'), 'flavors: {}');
  for (const [file, text] of Object.entries(files)) write(join(artifacts, file), text);
  return { address: `sqlite:///${path}`, artifacts };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const tables = `
create table alembic_version (version_num text);
create table experiments (experiment_id integer, name text, artifact_location text, lifecycle_stage text,
  creation_time integer, last_update_time integer, workspace text default 'default');
create table experiment_tags (key text, value text, experiment_id integer);
create table runs (run_uuid text, name text, user_id text, status text, start_time integer, end_time integer,
  lifecycle_stage text, artifact_uri text, experiment_id integer, deleted_time integer);
create table params (key text, value text, run_uuid text);
create table tags (key text, value text, run_uuid text);
create table metrics (key text, value real, timestamp integer, run_uuid text, step integer, is_nan integer);
create table latest_metrics (key text, value real, timestamp integer, step integer, is_nan integer, run_uuid text);
create table datasets (dataset_uuid text, experiment_id integer, name text, digest text, dataset_source_type text,
  dataset_source text, dataset_schema text, dataset_profile text);
create table inputs (input_uuid text, source_type text, source_id text, destination_type text, destination_id text,
  step integer default 0);
create table input_tags (input_uuid text, name text, value text);
create table logged_models (model_id text, experiment_id integer, name text, artifact_location text,
  creation_timestamp_ms integer, last_updated_timestamp_ms integer, status integer, lifecycle_stage text,
  model_type text, source_run_id text);
create table logged_model_params (model_id text, experiment_id integer, param_key text, param_value text);
create table logged_model_tags (model_id text, experiment_id integer, tag_key text, tag_value text);
create table logged_model_metrics (model_id text, metric_name text, metric_timestamp_ms integer, metric_step integer,
  metric_value real, experiment_id integer, run_id text, dataset_name text, dataset_digest text);
create table registered_models (name text, creation_time integer, last_updated_time integer, description text,
  workspace text default 'default');
create table registered_model_tags (key text, value text, name text, workspace text default 'default');
create table registered_model_aliases (alias text, version integer, name text, workspace text default 'default');
create table model_versions (name text, version integer, creation_time integer, last_updated_time integer,
  description text, current_stage text, source text, run_id text, run_link text, storage_location text,
  workspace text default 'default');
create table model_version_tags (key text, value text, name text, version integer, workspace text default 'default');
`;

const rows = `
insert into alembic_version values ('dc11669786a5');
insert into experiments (experiment_id, name, lifecycle_stage, creation_time, last_update_time) values
  (0, 'Default', 'active', 10, 11), (1, 'churn', 'active', 20, 21), (7, 'gone', 'deleted', 30, 31);
insert into experiment_tags values ('team', 'a', 1), ('mlflow.note.content', 'about churn', 1);
insert into runs values
  ('a1', 'parent', 'ana', 'FINISHED', 100, 200, 'active', 'mlflow-artifacts:/1/a1/artifacts', 1, null),
  ('b1', 'child', 'ana', 'FAILED', 110, 120, 'active', 'mlflow-artifacts:/1/b1/artifacts', 1, null),
  ('d1', 'old', 'ana', 'RUNNING', 90, null, 'deleted', 'mlflow-artifacts:/1/d1/artifacts', 1, 130),
  ('e1', 'hidden', null, 'KILLED', 80, 81, 'deleted', 'mlflow-artifacts:/7/e1/artifacts', 7, 131);
insert into params values ('lr', '0.1', 'a1'), ('__proto__', 'odd', 'a1');
insert into tags values ('mlflow.runName', 'parent', 'a1'), ('k', 'v', 'a1'), ('mlflow.parentRunId', 'a1', 'b1');
insert into datasets values ('ds-1', 1, 'flights', 'abc', 'local', '{}', '{"s":1}', null);
insert into inputs (input_uuid, source_type, source_id, destination_type, destination_id) values
  ('in-1', 'DATASET', 'ds-1', 'RUN', 'a1'), ('in-2', 'RUN_OUTPUT', 'a1', 'MODEL_OUTPUT', 'm-1');
insert into input_tags values ('in-1', 'mlflow.data.context', 'training');
insert into logged_models values
  ('m-1', 1, 'net', 'mlflow-artifacts:/1/models/m-1/artifacts', 140, 141, 2, 'active', 'onnx', 'a1'),
  ('m-2', 1, 'lost', 'mlflow-artifacts:/1/models/m-2/artifacts', 142, 143, 3, 'deleted', '', 'a1');
insert into logged_model_params values ('m-1', 1, 'depth', '3');
insert into logged_model_tags values ('m-1', 1, 'k', 'v');
insert into logged_model_metrics values ('m-1', 'auc', 150, 1, 0.9, 1, 'a1', 'flights', 'abc');
insert into registered_models (name, creation_time, last_updated_time, description) values
  ('churn-model', 300, 310, 'who leaves'), ('hello', 320, 321, null);
insert into registered_model_tags (key, value, name) values
  ('owner', 'ana', 'churn-model'), ('mlflow.prompt.is_prompt', 'true', 'hello');
insert into registered_model_aliases (alias, version, name) values ('champion', 2, 'churn-model');
insert into model_versions
  (name, version, creation_time, last_updated_time, current_stage, source, run_id, storage_location) values
  ('churn-model', 1, 301, 302, 'Production', 'runs:/a1/plots', 'a1', 'mlflow-artifacts:/1/a1/artifacts/plots'),
  ('churn-model', 2, 303, 304, 'None', 'models:/m-1', 'a1', 'mlflow-artifacts:/1/models/m-1/artifacts'),
  ('churn-model', 3, 305, 306, 'Deleted_Internal', 'REDACTED-SOURCE-PATH', 'REDACTED-RUN-ID', null),
  ('hello', 1, 322, 323, 'None', 'dummy-source', '', null);
insert into model_version_tags (key, value, name, version) values
  ('k', 'v', 'churn-model', 1), ('mlflow.prompt.is_prompt', 'true', 'hello', 1),
  ('mlflow.prompt.text', 'Hi {{name}}', 'hello', 1);
`;
