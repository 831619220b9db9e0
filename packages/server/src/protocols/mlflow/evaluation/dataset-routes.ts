import { parseFilter, parseOrder } from '@esteira/contracts';
import type { EvaluationDatasets } from '../../../evaluation/index.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { type Call, type Rpc, rpc } from '../rpc.ts';
import { experimentIdsOf, readExperimentNumber } from '../tracking/experiment-of.ts';
import { datasetFilterGrammar, datasetOrderGrammar } from './dataset-filter.ts';
import { datasetMessage, recordMessage } from './dataset-message.ts';
import { optionalJsonObject, readRecords, userTag } from './read-records.ts';

const mostPerSearch = 50_000;
/** Of one page of records, whatever is asked for. */
const mostRecords = 5_000;
const longestName = 500;
const longestTagName = 250;
const longestTagValue = 5_000;

/** Evaluation datasets: `mlflow/protos/datasets.proto` and the calls of `service.proto` over them. */
export function datasetRoutes({
  evaluationDatasets: datasets,
}: {
  readonly evaluationDatasets: EvaluationDatasets;
}): readonly WireRoute[] {
  const call = (
    method: Rpc['method'],
    path: string,
    access: 'tracking:read' | 'tracking:write',
    answer: (call: Call) => Promise<unknown>,
  ): readonly WireRoute[] => rpc({ method, version: '3.0', path: `/mlflow/datasets${path}`, access, answer });

  const search = async ({ fields, context }: Call) => {
    const limit = fields.optionalInteger('max_results') ?? 1_000;
    if (limit < 1 || limit > mostPerSearch)
      throw fields.refuse('max_results', `It must be at least 1 and at most ${mostPerSearch}`);
    const experiments = experimentNumbers(fields);
    const token = fields.optionalText('page_token');
    const page = await datasets.search(context.workspace, {
      ...(experiments.length === 0 ? {} : { experiments }),
      conditions: parseFilter(fields.optionalText('filter_string') ?? '', datasetFilterGrammar),
      orders: fields.texts('order_by').map((order) => parseOrder(order, datasetOrderGrammar)),
      limit,
      cursor: token === '' ? undefined : token,
    });
    return { datasets: page.items.map(datasetMessage), next_page_token: page.nextCursor };
  };

  return [
    ...call('POST', '/create', 'tracking:write', async ({ fields, context }) => {
      const name = fields.text('name');
      if (name.length > longestName)
        throw fields.refuse('name', `it is longer than ${longestName} characters`);
      const tags = readTags(fields);
      const created = await datasets.create(context, {
        name,
        tags,
        experiments: experimentNumbers(fields),
        userName: tags[userTag],
      });
      return { dataset: datasetMessage(created) };
    }),
    ...call('POST', '/search', 'tracking:read', search),
    ...call('GET', '/search', 'tracking:read', search),
    ...call('GET', '/:dataset_id', 'tracking:read', async ({ fields, context }) => ({
      dataset: datasetMessage(await datasets.find(context.workspace, fields.text('dataset_id'))),
    })),
    ...call('DELETE', '/:dataset_id', 'tracking:write', async ({ fields, context }) => {
      await datasets.remove(context, fields.text('dataset_id'));
    }),
    ...call('PATCH', '/:dataset_id/tags', 'tracking:write', async ({ fields, context }) => {
      fields.text('tags');
      await datasets.setTags(context, fields.text('dataset_id'), readTags(fields));
    }),
    ...call('DELETE', '/:dataset_id/tags/:key', 'tracking:write', async ({ fields, context }) => {
      await datasets.deleteTag(context, fields.text('dataset_id'), fields.text('key'));
    }),
    ...call('POST', '/:dataset_id/records', 'tracking:write', async ({ fields, context }) => {
      const counts = await datasets.mergeRecords(context, fields.text('dataset_id'), readRecords(fields));
      return { inserted_count: counts.inserted, updated_count: counts.updated };
    }),
    ...call('GET', '/:dataset_id/records', 'tracking:read', async ({ fields, context }) => {
      const id = fields.text('dataset_id');
      const limit = fields.optionalInteger('max_results') || 1_000;
      if (limit < 1) throw fields.refuse('max_results', 'It must be at least 1');
      const token = fields.optionalText('page_token');
      const page = await datasets.records(context.workspace, id, {
        limit: Math.min(limit, mostRecords),
        cursor: token === '' ? undefined : token,
      });
      const records = page.items.map((record) => recordMessage(id, record));
      return { records: JSON.stringify(records), next_page_token: page.nextCursor };
    }),
    ...call('DELETE', '/:dataset_id/records', 'tracking:write', async ({ fields, context }) => ({
      deleted_count: await datasets.removeRecords(
        context,
        fields.text('dataset_id'),
        fields.texts('dataset_record_ids'),
      ),
    })),
    ...call('GET', '/:dataset_id/experiment-ids', 'tracking:read', async ({ fields, context }) => {
      const { experiments } = await datasets.find(context.workspace, fields.text('dataset_id'));
      return { experiment_ids: experiments.map(String) };
    }),
    ...call('POST', '/:dataset_id/add-experiments', 'tracking:write', async ({ fields, context }) => ({
      dataset: datasetMessage(
        await datasets.addExperiments(context, fields.text('dataset_id'), experimentNumbers(fields)),
      ),
    })),
    ...call('POST', '/:dataset_id/remove-experiments', 'tracking:write', async ({ fields, context }) => ({
      dataset: datasetMessage(
        await datasets.removeExperiments(context, fields.text('dataset_id'), experimentNumbers(fields)),
      ),
    })),
  ];
}

function experimentNumbers(fields: Fields): readonly number[] {
  return experimentIdsOf(fields).map(readExperimentNumber);
}

/** Values that are no text are kept as the text of their JSON; those that are null are no tags. */
function readTags(fields: Fields): Readonly<Record<string, string>> {
  const tags: [string, string][] = [];
  for (const [name, value] of Object.entries(optionalJsonObject(fields, 'tags') ?? {})) {
    if (value === null) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (name === '' || name.length > longestTagName || text.length > longestTagValue)
      throw invalidParameter(
        `Invalid tag ${JSON.stringify(name.slice(0, 200))}: names have 1 to ${longestTagName} characters, values ${longestTagValue} at most.`,
      );
    tags.push([name, text]);
  }
  return Object.fromEntries(tags);
}
