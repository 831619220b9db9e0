import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { TracesService } from '../../../llm/index.ts';
import { invalidParameter, missingParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';

const mostLinked = 100;

/** Links of traces to runs and prompts. */
export function traceLinkRoutes(traces: TracesService): readonly WireRoute[] {
  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/traces/link-to-run',
      access: 'traces:write',
      async answer({ fields, context }) {
        const ids = fields.texts('trace_ids');
        if (!fields.has('trace_ids')) throw missingParameter('trace_ids');
        if (ids.length > mostLinked)
          throw invalidParameter(
            `Cannot link more than ${mostLinked} traces to a run in a single request. Provided ${ids.length} traces.`,
          );
        const run = fields.text('run_id');
        if (ids.length > 0) await traces.linkToRun(context, ids, run);
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/traces/link-prompts',
      access: 'traces:write',
      async answer({ fields, context }) {
        const versions = fields.messages('prompt_versions');
        if (versions.length === 0) throw missingParameter('prompt_versions');
        if (versions.length > mostLinked)
          throw invalidParameter(
            `Cannot link more than ${mostLinked} prompts to a trace in a single request.`,
          );
        const prompts = versions.map((version) => `${version.text('name')}/${version.text('version')}`);
        await traces.linkPrompts(context, fields.text('trace_id'), prompts);
      },
    }),
  ];
}
