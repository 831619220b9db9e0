import type { ImportedSeries } from '@esteira/contracts';
import { inParallel } from './in-parallel.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import type {
  MlflowSource,
  SourceFile,
  SourceLoggedModel,
  SourceModel,
  SourceOwner,
  SourceRun,
} from './mlflow-source.ts';
import { entriesOf, experimentNumber, metricValue, versionStage, wordsOfExperiment } from './mlflow-words.ts';
import { loggedModelOf, runOf } from './rest-entities.ts';
import { evaluationDatasetsOf, evaluationRecordsOf } from './rest-evaluation.ts';
import { issuesOf } from './rest-issues.ts';
import type {
  ExperimentMessage,
  LoggedModelMessage,
  MetricMessage,
  ModelMessage,
  RunMessage,
  VersionMessage,
} from './rest-messages.ts';
import { restPages } from './rest-pages.ts';
import { scorersOf } from './rest-scorers.ts';
import { traceFileOf, tracesOf } from './rest-traces.ts';
import { webhooksOf } from './rest-webhooks.ts';

const api = '/api/2.0/mlflow';
const callsAtOnce = 6;
const runsPerPage = 200;
const modelsPerPage = 50;
const pointsPerPage = 25_000;
const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'";

/** A live MLflow. `now` is when deleted things were: the API does not tell. Deleted logged models cannot be seen by it. */
export function createRestSource(rest: MlflowRest, now: number): MlflowSource {
  async function* history(runId: string, name: string): AsyncIterable<ImportedSeries> {
    for await (const metrics of restPages<'metrics', MetricMessage>('metrics', (token) =>
      rest.get(`${api}/metrics/get-history`, {
        run_id: runId,
        metric_key: name,
        max_results: pointsPerPage,
        page_token: token,
      }),
    ))
      yield {
        runId,
        name,
        points: metrics.map(({ step = 0, timestamp = 0, value }) => [step, timestamp, metricValue(value)]),
      };
  }

  async function* modelsWhere(filter: string | undefined): AsyncIterable<SourceModel> {
    for await (const models of restPages<'registered_models', ModelMessage>('registered_models', (token) =>
      rest.get(`${api}/registered-models/search`, { max_results: 100, filter, page_token: token }),
    ))
      for (const model of models) yield await completeModel(model, filter);
  }

  async function completeModel(model: ModelMessage, filter: string | undefined): Promise<SourceModel> {
    const { name } = model;
    const quoted = name.includes("'") ? `"${name}"` : `'${name}'`;
    const versions: VersionMessage[] = [];
    for await (const page of restPages<'model_versions', VersionMessage>('model_versions', (token) =>
      rest.get(`${api}/model-versions/search`, {
        max_results: 1_000,
        filter: `name = ${quoted}${filter === undefined ? '' : ` AND ${filter}`}`,
        page_token: token,
      }),
    ))
      versions.push(...page);
    const createdAt = model.creation_timestamp ?? 0;
    return {
      name,
      description: model.description ?? '',
      createdAt,
      updatedAt: model.last_updated_timestamp ?? createdAt,
      lastVersion: Math.max(0, ...versions.map(({ version }) => Number(version))),
      tags: entriesOf(model.tags ?? []),
      aliases: (model.aliases ?? []).map(({ alias, version }) => [alias, Number(version)]),
      versions: versions
        .map((version) => ({
          model: name,
          version: Number(version.version),
          description: version.description ?? '',
          stage: versionStage(version.current_stage ?? 'None') ?? ('none' as const),
          createdAt: version.creation_timestamp ?? createdAt,
          updatedAt: version.last_updated_timestamp ?? createdAt,
          source: version.source ?? '',
          resolved: undefined,
          runId: version.run_id ? version.run_id : null,
          runLink: version.run_link ?? '',
          tags: entriesOf(version.tags ?? []),
        }))
        .sort((one, other) => one.version - other.version),
    };
  }

  return {
    async experiments() {
      const found: ExperimentMessage[] = [];
      for await (const page of restPages<'experiments', ExperimentMessage>('experiments', (token) =>
        rest.post(`${api}/experiments/search`, { max_results: 1_000, view_type: 'ALL', page_token: token }),
      ))
        found.push(...page);
      found.sort((one, other) => Number(one.experiment_id) - Number(other.experiment_id));
      return found.map((experiment) => {
        const key = experiment.experiment_id;
        const createdAt = experiment.creation_time ?? 0;
        const updatedAt = experiment.last_update_time ?? createdAt;
        return {
          key,
          name: experiment.name,
          ...experimentNumber(key),
          createdAt,
          updatedAt,
          ...(experiment.lifecycle_stage === 'deleted' ? { deletedAt: updatedAt } : {}),
          ...wordsOfExperiment(entriesOf(experiment.tags ?? [])),
        };
      });
    },
    async *runs(experiments) {
      for (const { key } of experiments) {
        for await (const page of restPages<'runs', RunMessage>('runs', (token) =>
          rest.post(`${api}/runs/search`, {
            experiment_ids: [key],
            run_view_type: 'ALL',
            max_results: runsPerPage,
            page_token: token,
          }),
        )) {
          const ids = page.map(({ info }) => info.run_id);
          yield await runsById(rest, ids, now);
        }
      }
    },
    async *points(runs) {
      for (const run of runs) for (const { name } of run.metrics) yield* history(run.id, name);
    },
    async *loggedModels(experiments) {
      for (const { key } of experiments)
        for await (const page of restPages<'models', LoggedModelMessage>('models', (token) =>
          rest.post(`${api}/logged-models/search`, {
            experiment_ids: [key],
            max_results: modelsPerPage,
            page_token: token,
          }),
        ))
          yield page.map(loggedModelOf);
    },
    async *models() {
      yield* modelsWhere(undefined);
      yield* modelsWhere(isPrompt);
    },
    traces: (experimentKey) => tracesOf(rest, experimentKey),
    evaluationDatasets: () => evaluationDatasetsOf(rest),
    evaluationRecords: (datasetId) => evaluationRecordsOf(rest, datasetId),
    scorers: (experimentKeys) => scorersOf(rest, experimentKeys),
    issues: () => issuesOf(rest),
    webhooks: () => webhooksOf(rest),
    files: (owner) => filesBelow(rest, owner, undefined),
    read: (owner, path) => downloadOf(rest, owner, path),
    close: async () => undefined,
  };
}

/** Deleted ones too. Throws CommandError when one is not there. */
export async function loggedModelsById(
  rest: MlflowRest,
  ids: readonly string[],
): Promise<readonly SourceLoggedModel[]> {
  const models: SourceLoggedModel[] = [];
  await inParallel(ids, callsAtOnce, async (id) => {
    const path = `${api}/logged-models/${encodeURIComponent(id)}`;
    const { model } = await rest.get<{ model: LoggedModelMessage }>(path, { allow_deleted: 'true' });
    models.push(loggedModelOf(model));
  });
  return models;
}

/** The logged models that a run read are told of one run alone. Throws CommandError when one is not there. */
export async function runsById(
  rest: MlflowRest,
  ids: readonly string[],
  now: number,
): Promise<readonly SourceRun[]> {
  const runs: SourceRun[] = [];
  await inParallel(ids, callsAtOnce, async (run_id) => {
    const { run } = await rest.get<{ run: RunMessage }>(`${api}/runs/get`, { run_id });
    runs.push(runOf(run, now));
  });
  return runs;
}

function downloadOf(rest: MlflowRest, { kind, id }: SourceOwner, path: string): AsyncIterable<Uint8Array> {
  if (kind === 'run') return rest.download('/get-artifact', { run_id: id, path });
  if (kind === 'trace') return traceFileOf(rest, id, path);
  return rest.download(`/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(id)}/artifacts/files`, {
    artifact_file_path: path,
  });
}

interface FilesMessage {
  readonly files?: readonly {
    readonly path: string;
    readonly is_dir?: boolean;
    readonly file_size?: number;
  }[];
  readonly next_page_token?: string;
}

async function* filesBelow(
  rest: MlflowRest,
  owner: SourceOwner,
  folder: string | undefined,
): AsyncIterable<SourceFile> {
  let token: string | undefined;
  do {
    const answer: FilesMessage =
      owner.kind === 'run'
        ? await rest.get(`${api}/artifacts/list`, { run_id: owner.id, path: folder, page_token: token })
        : await rest.get(`${api}/logged-models/${encodeURIComponent(owner.id)}/artifacts/directories`, {
            artifact_directory_path: folder,
            page_token: token,
          });
    for (const { path, is_dir: isFolder, file_size: size = 0 } of answer.files ?? []) {
      if (isFolder === true) yield* filesBelow(rest, owner, path);
      else yield { path, size };
    }
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
}
