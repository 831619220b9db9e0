import type { RequestContext } from '../../../kernel/actor.ts';
import { esteiraError } from '../../../kernel/errors.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { TraceHead } from '../../../llm/index.ts';
import { rpc } from '../rpc.ts';
import { readEntries } from './read-map.ts';
import { traceMessageV2, withoutOwnTags } from './trace-message.ts';
import { searchPage, type TraceWireDeps } from './trace-search-page.ts';

const states = ['TRACE_STATUS_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const;

/** What clients before 3.3 speak: a trace is begun, then ended, and its spans are a file. */
export function traceRoutesV2(deps: TraceWireDeps): readonly WireRoute[] {
  const { traces, experimentIds: experiments } = deps;

  async function messages({ workspace }: RequestContext, heads: readonly TraceHead[]) {
    const ids = await experiments.wireIds(
      workspace,
      heads.map(({ experimentId }) => experimentId),
    );
    return heads.map((head) => traceMessageV2(head, ids.get(head.experimentId) ?? head.experimentId));
  }

  async function answer(context: RequestContext, head: TraceHead) {
    const [message] = await messages(context, [head]);
    return { trace_info: message };
  }

  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/traces',
      access: 'traces:write',
      async answer({ fields, context }) {
        const experiment = await experiments.find(context, fields.text('experiment_id'));
        if (experiment.deletedAt !== undefined)
          throw esteiraError('EXPERIMENT_DELETED', { name: experiment.name });
        const head = await traces.tell(context, {
          id: Buffer.from(deps.random.bytes(16)).toString('hex'),
          experimentId: experiment.id,
          requestedAt: fields.optionalInteger('timestamp_ms') ?? deps.clock.now(),
          state: 'IN_PROGRESS',
          ...withoutOwnTags(readEntries(fields, 'tags')),
          metadata: readEntries(fields, 'request_metadata'),
          assessments: [],
          spansStored: false,
        });
        return answer(context, head);
      },
    }),
    ...rpc({
      method: 'PATCH',
      version: '2.0',
      path: '/mlflow/traces/:request_id',
      access: 'traces:write',
      async answer({ fields, context }) {
        const status = fields.optionalChoice('status', states) ?? 'TRACE_STATUS_UNSPECIFIED';
        const head = await traces.finish(context, fields.text('request_id'), {
          at: fields.optionalInteger('timestamp_ms') ?? deps.clock.now(),
          state: status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : status,
          ...withoutOwnTags(readEntries(fields, 'tags')),
          metadata: readEntries(fields, 'request_metadata'),
        });
        return answer(context, head);
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/traces/:request_id/info',
      access: 'traces:read',
      answer: async ({ fields, context }) =>
        answer(context, await traces.head(context.workspace, fields.text('request_id'))),
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: '/mlflow/traces',
      access: 'traces:read',
      async answer({ fields, context }) {
        const wireIds = fields.texts('experiment_ids');
        if (wireIds.length === 0) fields.text('experiment_ids');
        const page = await searchPage(deps, fields, context, wireIds);
        return { ...page, traces: await messages(context, page.traces) };
      },
    }),
  ];
}
