import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestContext } from '../../../kernel/actor.ts';
import { esteiraError } from '../../../kernel/errors.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { StoredSpan, TraceHead, TracesService } from '../../../llm/index.ts';
import type { Artifacts } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, missingParameter } from '../mlflow-error.ts';
import { type Rpc, rpc } from '../rpc.ts';
import { newRunId } from '../tracking/new-run-id.ts';
import type { NewAssessment } from './assessment-message.ts';
import { assessmentRoutes } from './assessment-routes.ts';
import { spanText } from './span-message.ts';
import { traceDataRoutes } from './trace-data-routes.ts';
import { traceLinkRoutes } from './trace-link-routes.ts';
import { experimentOf, readTrace, traceMessage } from './trace-message.ts';
import { traceMetricRoutes } from './trace-metric-routes.ts';
import { traceRoutesV2 } from './trace-routes-v2.ts';
import { searchPage, type TraceWireDeps } from './trace-search-page.ts';
import { traceTagRoutes } from './trace-tag-routes.ts';

/** Traces, spans and assessments: `service.proto`. */
export function traceRoutes(deps: TraceWireDeps & { readonly artifacts: Artifacts }): readonly WireRoute[] {
  const { traces, experimentIds: experiments } = deps;
  const made = (): NewAssessment => ({
    now: deps.clock.now(),
    // They sort in the order of their making, which is all that orders assessments of one time.
    newId: () => `a-${newRunId(deps.clock, deps.random)}`,
  });

  async function messages({ workspace }: RequestContext, heads: readonly TraceHead[]) {
    const ids = await experiments.wireIds(
      workspace,
      heads.map(({ experimentId }) => experimentId),
    );
    return heads.map((head) => traceMessage(head, ids.get(head.experimentId) ?? head.experimentId));
  }

  async function message(context: RequestContext, head: TraceHead) {
    const [only] = await messages(context, [head]);
    return only;
  }

  async function headsAsked(fields: Fields, context: RequestContext): Promise<readonly TraceHead[]> {
    const ids = fields.texts('trace_ids');
    if (ids.length === 0) throw missingParameter('trace_ids');
    const within = fields.has('experiment_ids')
      ? await experiments.idsOf(context, fields.texts('experiment_ids'))
      : undefined;
    return traces.heads(context.workspace, ids, within);
  }

  return [
    ...rpc({
      method: 'POST',
      version: '3.0',
      path: '/mlflow/traces',
      access: 'traces:write',
      async answer({ fields, context }) {
        const info = required(required(fields, 'trace'), 'trace_info');
        const experiment = await experiments.find(context, experimentOf(info));
        if (experiment.deletedAt !== undefined)
          throw esteiraError('EXPERIMENT_DELETED', { name: experiment.name });
        const head = await traces.tell(context, readTrace(info, experiment.id, made()));
        return { trace: { trace_info: await message(context, head) } };
      },
    }),
    ...rpc({
      method: 'POST',
      version: '3.0',
      path: '/mlflow/traces/search',
      access: 'traces:read',
      async answer({ fields, context }) {
        const locations = fields.messages('locations');
        if (!fields.has('locations')) throw missingParameter('locations');
        const wireIds = locations.flatMap(
          (location) => location.optionalMessage('mlflow_experiment')?.text('experiment_id') ?? [],
        );
        const page = await searchPage(deps, fields, context, wireIds);
        return { ...page, traces: await messages(context, page.traces) };
      },
    }),
    ...rpc({
      method: 'POST',
      version: '3.0',
      path: '/mlflow/traces/batchGetInfos',
      access: 'traces:read',
      answer: async ({ fields, context }) => ({
        trace_infos: await messages(context, await headsAsked(fields, context)),
      }),
    }),
    ...streamed({
      method: 'GET',
      version: '3.0',
      path: '/mlflow/traces/batchGet',
      access: 'traces:read',
      async answer({ fields, context }) {
        const heads = await headsAsked(fields, context);
        const complete = await traces.complete(context.workspace, heads);
        const whole = heads.filter(({ id }) => complete.has(id));
        return batchText(traces, context, whole, await messages(context, whole));
      },
    }),
    ...streamed({
      method: 'GET',
      version: '3.0',
      path: '/mlflow/traces/get',
      access: 'traces:read',
      async answer({ fields, context, signal }) {
        const id = fields.text('trace_id');
        const partial = fields.optionalFlag('allow_partial') ?? false;
        const head = await (partial
          ? traces.head(context.workspace, id)
          : wholeTrace(traces, context.workspace, id, signal));
        return singleText(traces, context, head, await message(context, head));
      },
    }),
    ...rpc({
      method: 'GET',
      version: '3.0',
      path: '/mlflow/traces/:trace_id',
      access: 'traces:read',
      async answer({ fields, context }) {
        const head = await traces.head(context.workspace, fields.text('trace_id'));
        return { trace: { trace_info: await message(context, head) } };
      },
    }),
    ...(['2.0', '3.0'] as const).flatMap((version) =>
      rpc({
        method: 'POST',
        version,
        path: '/mlflow/traces/delete-traces',
        access: 'traces:write',
        answer: async ({ fields, context }) => ({
          traces_deleted: await deleteTraces(deps, fields, context),
        }),
      }),
    ),
    ...traceTagRoutes(traces),
    ...traceDataRoutes(deps),
    ...traceLinkRoutes(traces),
    ...traceMetricRoutes(deps),
    ...assessmentRoutes(traces.assessments, made),
    ...traceRoutesV2(deps),
  ];
}

async function deleteTraces(deps: TraceWireDeps, fields: Fields, context: RequestContext): Promise<number> {
  const wireId = fields.text('experiment_id');
  const ids = fields.texts('request_ids');
  const until = fields.optionalInteger('max_timestamp_millis');
  const most = fields.optionalInteger('max_traces');
  if (until === undefined && ids.length === 0)
    throw invalidParameter('Either `max_timestamp_millis` or `trace_ids` must be specified.');
  if (until !== undefined && ids.length > 0)
    throw invalidParameter('Only one of `max_timestamp_millis` and `trace_ids` can be specified.');
  if (most !== undefined && ids.length > 0)
    throw invalidParameter("`max_traces` can't be specified if `trace_ids` is specified.");
  if (most !== undefined && most <= 0)
    throw invalidParameter(`\`max_traces\` must be a positive integer, received ${most}.`);
  const experiment = await deps.experimentIds.find(context, wireId);
  return deps.traces.delete(context, { experimentId: experiment.id, ids, until, most });
}

// Spans arrive apart from what tells of their trace; a moment later they are there.
const pauses = [250, 750, 1500];

/** The trace once all its spans are there. Throws TRACE_NOT_FOUND when they do not come in time. */
async function wholeTrace(
  traces: TracesService,
  workspace: string,
  id: string,
  signal: AbortSignal,
): Promise<TraceHead> {
  for (const pause of [...pauses, undefined]) {
    const head = await traces.head(workspace, id);
    if ((await traces.complete(workspace, [head])).has(id)) return head;
    if (pause !== undefined) await sleep(pause, undefined, { signal });
  }
  throw esteiraError('TRACE_INCOMPLETE', { id });
}

async function* singleText(
  traces: TracesService,
  context: RequestContext,
  head: TraceHead,
  message: unknown,
): AsyncGenerator<Buffer> {
  yield Buffer.from('{"trace":');
  yield* traceText(traces, context, head, message);
  yield Buffer.from('}');
}

async function* batchText(
  traces: TracesService,
  context: RequestContext,
  heads: readonly TraceHead[],
  messages: readonly unknown[],
): AsyncGenerator<Buffer> {
  yield Buffer.from('{"traces":[');
  for (const [index, head] of heads.entries()) {
    if (index > 0) yield Buffer.from(',');
    yield* traceText(traces, context, head, messages[index]);
  }
  yield Buffer.from(']}');
}

/** A trace with its spans, piece after piece. */
async function* traceText(
  traces: TracesService,
  { workspace }: RequestContext,
  head: TraceHead,
  message: unknown,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`{"trace_info":${JSON.stringify(message)},"spans":[`);
  let first = true;
  for await (const piece of traces.spans(workspace, head.id)) {
    const text = piece.map((stored: StoredSpan) => spanText(stored, head.id)).join(',');
    yield Buffer.from(first ? text : `,${text}`);
    first = false;
  }
  yield Buffer.from(']}');
}

/** A call whose answer is text of JSON that comes in pieces. */
function streamed(call: Rpc): readonly WireRoute[] {
  return rpc(call).map((route) => ({
    ...route,
    handle: async (request, signal) => ({
      ...(await route.handle(request, signal)),
      headers: { 'content-type': 'application/json' },
    }),
  }));
}

function required(fields: Fields, name: string): Fields {
  const found = fields.optionalMessage(name);
  if (found === undefined) throw missingParameter(name);
  return found;
}
