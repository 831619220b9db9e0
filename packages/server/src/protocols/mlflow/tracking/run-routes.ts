import type { RequestContext } from '../../../kernel/actor.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Tracking } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { checkKey, cutTo, limits } from './entry-rules.ts';
import { experimentIdsOf, experimentOf, readExperimentNumber } from './experiment-of.ts';
import { newRunId } from './new-run-id.ts';
import { pageJson, pageOf, readPageRequest } from './page-request.ts';
import { randomName } from './random-name.ts';
import { readEntries } from './read-entries.ts';
import { parseRunConditions, parseRunOrders } from './run-grammar.ts';
import { runIdOf } from './run-id.ts';
import { entryKeys, newRunMessage, runInfo, runJson } from './run-message.ts';
import { splitTags, statusesOfWire, statusFromWire, wordTags } from './run-words.ts';
import { createSharedReads } from './shared-reads.ts';
import { readViewType } from './view-type.ts';

/** Runs: begun, shown, found, changed, hidden. */
export function runRoutes({
  tracking,
  random,
  clock,
}: {
  readonly tracking: Tracking;
  readonly random: RandomSource;
  readonly clock: Clock;
}): readonly WireRoute[] {
  const { reader } = tracking;
  const searches = createSharedReads();

  async function search({ workspace }: RequestContext, fields: Fields) {
    const { limit, cursor } = readPageRequest(fields);
    const conditions = parseRunConditions(fields.optionalText('filter') ?? '');
    const orders = parseRunOrders(fields.texts('order_by'));
    const lifecycle = readViewType(fields, 'run_view_type');
    const numbers = new Set(experimentIdsOf(fields).map(readExperimentNumber));
    const experiments = await reader.experimentsByNumber(workspace, [...numbers]);
    const page = await pageOf(
      reader.searchRuns(
        workspace,
        { experiments, conditions, orders, ids: 'asc', lifecycle, limit, cursor },
        entryKeys,
      ),
    );
    return pageJson('runs', page, runJson);
  }

  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/create',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const experimentId = fields.optionalText('experiment_id') || '0';
        const experimentNumber = readExperimentNumber(experimentId);
        const startedAt = fields.optionalInteger('start_time') ?? clock.now();
        const { words, tags } = splitTags(readTags(fields));
        const userName = fields.optionalText('user_id') || tags['mlflow.user'];
        const name = readName(fields, words.name) ?? randomName(random);
        if (experimentNumber === 0) await experimentOf(tracking, context, experimentId);
        const run = await tracking.beginRun(context, {
          ...words,
          id: newRunId(clock, random),
          experimentNumber,
          name,
          note: words.note ?? '',
          ...(userName === undefined ? {} : { userName }),
          startedAt,
          tags,
        });
        return { run: newRunMessage(run, tags) };
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/runs/get',
      access: 'tracking:read',
      async answer({ fields, context }) {
        const run = await reader.record(context.workspace, runIdOf(fields), entryKeys);
        return Buffer.from(`{"run":${runJson(run)}}`);
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/search',
      access: 'tracking:read',
      answer: ({ fields, context, request }) =>
        searches.read([context.workspace, request.body], () => search(context, fields)),
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/update',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const id = runIdOf(fields);
        const status = fields.optionalChoice('status', statusesOfWire);
        const finishedAt = fields.optionalInteger('end_time');
        const name = fields.optionalText('run_name');
        await tracking.updateRun(context, id, {
          ...(status === undefined ? {} : { status: statusFromWire(status) }),
          ...(finishedAt === undefined ? {} : { finishedAt }),
          ...(name === undefined || name === '' ? {} : { name: cutTo(name, limits.tagValue) }),
        });
        const run = await reader.find(context.workspace, id);
        return run === undefined ? {} : { run_info: runInfo(run) };
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/delete',
      access: 'tracking:write',
      answer: ({ fields, context }) => tracking.deleteRun(context, runIdOf(fields)),
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/restore',
      access: 'tracking:write',
      answer: ({ fields, context }) => tracking.restoreRun(context, runIdOf(fields)),
    }),
  ];
}

/** The name of the field or of the tag, which may not contradict each other. */
function readName(fields: Fields, tagged: string | undefined): string | undefined {
  const given = fields.optionalText('run_name') || undefined;
  if (given !== undefined && tagged !== undefined && given !== tagged) {
    throw invalidParameter(
      `Both 'run_name' argument and '${wordTags.name}' tag are specified, but with different values (run_name='${given}', ${wordTags.name}='${tagged}').`,
    );
  }
  return given === undefined ? tagged : cutTo(given, limits.tagValue);
}

function readTags(fields: Fields): Readonly<Record<string, string>> {
  const tags = new Map<string, string>();
  for (const [index, { key, value }] of readEntries(fields, 'tags').entries()) {
    checkKey(key, `tags[${index}].key`);
    tags.set(key, cutTo(value, limits.tagValue));
  }
  return Object.fromEntries(tags);
}
