import type { ImportedEvaluationRecord } from '@esteira/contracts';
import { CommandError } from '../command-error.ts';
import type { MlflowRest } from './mlflow-rest.ts';
import type { SourceEvaluationDataset, SourceEvaluationRecord } from './mlflow-source.ts';
import { noneOfOldServer } from './none-of-old-server.ts';
import { restPages } from './rest-pages.ts';

const api = '/api/3.0/mlflow/datasets';
const datasetsPerPage = 100;
const recordsPerPage = 1_000;

interface DatasetMessage {
  readonly dataset_id: string;
  readonly name: string;
  /** JSON of an object. */
  readonly tags?: string;
  /** JSON of an object with `num_records`. */
  readonly profile?: string;
  readonly created_time?: number | string;
  readonly last_update_time?: number | string;
  readonly created_by?: string;
  readonly last_updated_by?: string;
}

interface FoundDatasets {
  readonly datasets?: readonly DatasetMessage[];
  readonly next_page_token?: string;
}

export interface RecordMessage {
  readonly dataset_record_id: string;
  readonly inputs?: ImportedEvaluationRecord['inputs'];
  readonly outputs?: ImportedEvaluationRecord['outputs'];
  readonly expectations?: ImportedEvaluationRecord['expectations'];
  readonly tags?: ImportedEvaluationRecord['tags'];
  readonly source?: {
    readonly source_type: string;
    readonly source_data?: ImportedEvaluationRecord['inputs'];
  } | null;
  readonly created_time?: number;
  readonly last_update_time?: number;
  readonly created_by?: string;
  readonly last_updated_by?: string;
}

/** All evaluation datasets; none of a server that has no such thing. */
export async function* evaluationDatasetsOf(rest: MlflowRest): AsyncIterable<SourceEvaluationDataset> {
  const pages = restPages<'datasets', DatasetMessage>('datasets', (token) =>
    rest
      .post<FoundDatasets>(`${api}/search`, { max_results: datasetsPerPage, page_token: token })
      .catch(noneOfOldServer),
  );
  for await (const datasets of pages) {
    for (const { dataset_id: id, ...message } of datasets) {
      const { experiment_ids: experimentKeys = [] } = await rest.get<{ experiment_ids?: readonly string[] }>(
        `${api}/${encodeURIComponent(id)}/experiment-ids`,
        {},
      );
      const { created_by: userName, last_updated_by: updatedUserName } = message;
      const createdAt = Number(message.created_time ?? 0);
      yield {
        id,
        name: message.name,
        tags: Object.entries(tagsOf(message)),
        experimentKeys,
        ...(userName === undefined ? {} : { userName }),
        ...(updatedUserName === undefined ? {} : { updatedUserName }),
        createdAt,
        updatedAt: Number(message.last_update_time ?? createdAt),
      };
    }
  }
}

/** The records of a data set in their order, a page at a time. */
export async function* evaluationRecordsOf(
  rest: MlflowRest,
  datasetId: string,
): AsyncIterable<readonly SourceEvaluationRecord[]> {
  const path = `${api}/${encodeURIComponent(datasetId)}/records`;
  let token: string | undefined;
  do {
    const answer = await rest.get<{ records?: string; next_page_token?: string }>(path, {
      max_results: recordsPerPage,
      page_token: token,
    });
    yield parsed<readonly RecordMessage[]>(path, answer.records ?? '[]').map(recordOf);
    token = answer.next_page_token || undefined;
  } while (token !== undefined);
}

/** How much there is of a data set on a server that has it. */
export async function countEvaluationDataset(
  rest: MlflowRest,
  id: string,
): Promise<Readonly<Record<string, number>>> {
  const { dataset } = await rest.get<{
    dataset: DatasetMessage & { readonly experiment_ids?: readonly string[] };
  }>(`${api}/${encodeURIComponent(id)}`, {});
  const profile = parsed<{ num_records?: number }>(id, dataset.profile ?? '{}');
  return {
    tags: Object.keys(tagsOf(dataset)).length,
    experiments: dataset.experiment_ids?.length ?? 0,
    records: profile.num_records ?? 0,
  };
}

export function recordOf(message: RecordMessage): SourceEvaluationRecord {
  const {
    source,
    created_by: userName,
    last_updated_by: updatedUserName,
    created_time: createdAt = 0,
  } = message;
  return {
    id: message.dataset_record_id,
    inputs: message.inputs ?? {},
    outputs: message.outputs ?? null,
    expectations: message.expectations ?? null,
    tags: message.tags ?? {},
    ...(source === undefined || source === null
      ? {}
      : { source: { type: sourceType(source.source_type), data: source.source_data ?? {} } }),
    ...(userName === undefined ? {} : { userName }),
    ...(updatedUserName === undefined ? {} : { updatedUserName }),
    createdAt,
    updatedAt: message.last_update_time ?? createdAt,
  };
}

const sourceTypes = ['TRACE', 'HUMAN', 'DOCUMENT', 'CODE'] as const;

function sourceType(type: string): NonNullable<ImportedEvaluationRecord['source']>['type'] {
  return sourceTypes.find((known) => known === type.toUpperCase()) ?? 'UNSPECIFIED';
}

function tagsOf({ dataset_id: id, tags }: Partial<DatasetMessage>): Readonly<Record<string, string>> {
  return parsed<Record<string, string> | null>(id ?? '', tags || '{}') ?? {};
}

/** Text of JSON within JSON. MLflow writes numbers that are none, which no parser of JSON takes. */
function parsed<Value>(where: string, text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw new CommandError({
      code: 'SOURCE_UNREADABLE',
      what: `What MLflow tells of ${where} cannot be read.`,
      why: error instanceof Error ? error.message : String(error),
      todo: 'mend or delete the data set in MLflow, then import again: what is there is not sent twice',
    });
  }
}
