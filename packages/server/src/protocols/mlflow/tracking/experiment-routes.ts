import { createKeptBySize } from '../../../kernel/kept-by-size.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Experiment, Tracking } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';
import { type Call, rpc } from '../rpc.ts';
import { readArtifactLocation } from './artifact-location.ts';
import { checkKey, checkLength, limits } from './entry-rules.ts';
import { parseExperimentConditions, parseExperimentOrders } from './experiment-grammar.ts';
import { experimentJson } from './experiment-message.ts';
import {
  experimentIdOf,
  experimentIdsOf,
  experimentOf,
  noExperiment,
  readExperimentNumber,
} from './experiment-of.ts';
import { pageJson, pageOf, readPageRequest } from './page-request.ts';
import { readEntries } from './read-entries.ts';
import { entryKeys } from './run-message.ts';
import { wordTags } from './run-words.ts';
import { createSharedReads } from './shared-reads.ts';
import { readViewType } from './view-type.ts';

/** An answer to a search, and the state of the experiments it was found in. */
interface KeptAnswer {
  readonly revision: string;
  readonly text: string;
}

// Characters: the same lists are asked for again and again, by few.
const mostOfAnswers = 2_000_000;

/** Experiments: made, found, changed, hidden, and the data sets their runs read. */
export function experimentRoutes({ tracking }: { readonly tracking: Tracking }): readonly WireRoute[] {
  const { reader } = tracking;
  const searches = createSharedReads();
  const answers = createKeptBySize<KeptAnswer>({ most: mostOfAnswers, mostOfOne: mostOfAnswers / 4 });

  const found = ({ fields, context }: Call) => experimentOf(tracking, context, experimentIdOf(fields));

  async function message(experiment: Experiment) {
    const tags = await reader.tagsOfExperiment(experiment.id, entryKeys);
    return Buffer.from(`{"experiment":${experimentJson(experiment, tags)}}`);
  }

  /** What was answered while the experiments were as they are. */
  async function search({ context, fields }: Call, key: string): Promise<string> {
    const { workspace } = context;
    await tracking.ensureDefaultExperiment(context);
    const revision = await reader.experimentRevision(workspace);
    const known = answers.get(key);
    if (known !== undefined && known.revision === revision) return known.text;
    const text = await find(workspace, fields);
    if (revision !== '') answers.keep(key, { revision, text }, key.length + text.length);
    return text;
  }

  async function find(workspace: string, fields: Fields): Promise<string> {
    const { limit, cursor } = readPageRequest(fields);
    const conditions = parseExperimentConditions(fields.optionalText('filter') ?? '');
    const orders = parseExperimentOrders(fields.texts('order_by'));
    const lifecycle = readViewType(fields, 'view_type');
    const wanted = { conditions, orders, lifecycle, limit, cursor };
    const page = await pageOf(reader.searchExperiments(workspace, wanted, entryKeys));
    return pageJson('experiments', page, (item) => experimentJson(item, item.tags));
  }

  const searching = (method: 'GET' | 'POST') =>
    rpc({
      method,
      version: '2.0',
      path: '/mlflow/experiments/search',
      access: 'tracking:read',
      answer: (call) =>
        searches.read([call.context.workspace, call.request.query, call.request.body], (key) =>
          search(call, key),
        ),
    });

  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/create',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const name = fields.text('name');
        checkLength(name, limits.experimentName, 'name');
        const { [wordTags.note]: note = '', ...tags } = readExperimentTags(fields);
        const artifactLocation = readArtifactLocation(fields.optionalText('artifact_location'));
        // Its name is taken.
        await tracking.ensureDefaultExperiment(context);
        const made = await tracking.createExperiment(context, { name, note, tags, artifactLocation });
        return { experiment_id: String(made.number) };
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/experiments/get',
      access: 'tracking:read',
      answer: async (call) => message(await found(call)),
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/experiments/get-by-name',
      access: 'tracking:read',
      async answer({ fields, context }) {
        const name = fields.text('experiment_name');
        await tracking.ensureDefaultExperiment(context);
        const experiment = await reader.experiment(context.workspace, { name });
        if (experiment === undefined) {
          throw new MlflowError(
            'RESOURCE_DOES_NOT_EXIST',
            `Could not find experiment with name '${name.slice(0, limits.experimentName)}'`,
          );
        }
        return message(experiment);
      },
    }),
    ...searching('POST'),
    ...searching('GET'),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/delete',
      access: 'tracking:write',
      async answer(call) {
        const experiment = await found(call);
        if (experiment.deletedAt !== undefined) throw noExperiment(experimentIdOf(call.fields));
        await tracking.deleteExperiment(call.context, experiment.id);
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/restore',
      access: 'tracking:write',
      async answer(call) {
        const experiment = await found(call);
        if (experiment.deletedAt === undefined) throw noExperiment(experimentIdOf(call.fields));
        await tracking.restoreExperiment(call.context, experiment.id);
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/update',
      access: 'tracking:write',
      async answer(call) {
        const name = call.fields.text('new_name');
        checkLength(name, limits.experimentName, 'name');
        const experiment = await found(call);
        if (experiment.deletedAt !== undefined)
          throw invalidParameter('Cannot rename a non-active experiment.');
        await tracking.updateExperiment(call.context, experiment.id, { name });
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/set-experiment-tag',
      access: 'tracking:write',
      async answer(call) {
        const key = call.fields.text('key');
        const value = call.fields.optionalText('value') ?? '';
        checkExperimentTag(key, value, 'key');
        const { id } = assertActive(await found(call));
        const change = key === wordTags.note ? { note: value } : { setTags: { [key]: value } };
        await tracking.updateExperiment(call.context, id, change);
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/delete-experiment-tag',
      access: 'tracking:write',
      async answer(call) {
        const key = call.fields.text('key');
        const { id, number, note } = assertActive(await found(call));
        const deleted =
          key === wordTags.note
            ? note !== '' && (await tracking.updateExperiment(call.context, id, { note: '' })) !== undefined
            : await tracking.deleteExperimentTag(call.context, id, key);
        if (!deleted) {
          throw new MlflowError(
            'RESOURCE_DOES_NOT_EXIST',
            `No tag with name: ${key.slice(0, limits.key)} in experiment with id ${number}`,
          );
        }
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/experiments/search-datasets',
      access: 'tracking:read',
      async answer({ fields, context }) {
        const ids = experimentIdsOf(fields);
        if (ids.length === 0)
          throw invalidParameter('SearchDatasets request must specify at least one experiment_id.');
        if (ids.length > mostExperiments) {
          throw invalidParameter(
            `SearchDatasets request cannot specify more than ${mostExperiments} experiment_ids. Received ${ids.length} experiment_ids.`,
          );
        }
        const numbers = [...new Set(ids.map(readExperimentNumber))];
        const experiments = await reader.experimentsByNumber(context.workspace, numbers);
        const numberOf = new Map(experiments.map(({ id, number }) => [id, number]));
        const uses = await reader.usesOfDatasets([...numberOf.keys()], mostSummaries);
        if (uses.length === 0) return {};
        return {
          dataset_summaries: uses.map(({ experimentId, name, digest, context: use }) => ({
            experiment_id: String(numberOf.get(experimentId)),
            name,
            digest,
            ...(use === undefined ? {} : { context: use }),
          })),
        };
      },
    }),
  ];
}

const mostExperiments = 20;
const mostSummaries = 1_000;

function readExperimentTags(fields: Fields): Readonly<Record<string, string>> {
  const tags = readEntries(fields, 'tags');
  for (const [index, { key, value }] of tags.entries()) checkExperimentTag(key, value, `tags[${index}].key`);
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
}

function checkExperimentTag(key: string, value: string, path: string): void {
  checkKey(key, path);
  checkLength(value, limits.experimentTagValue, 'value');
}

function assertActive(experiment: Experiment): Experiment {
  if (experiment.deletedAt === undefined) return experiment;
  throw invalidParameter(
    `The experiment ${experiment.number} must be in the 'active' state. Current state is deleted.`,
  );
}
