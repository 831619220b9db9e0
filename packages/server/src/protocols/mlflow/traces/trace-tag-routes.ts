import { esteiraError } from '../../../kernel/errors.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { TracesService } from '../../../llm/index.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { nameTag, ownTags } from './trace-message.ts';

const longestName = 4096;

/** Tags of traces, in both versions of the protocol: clients use the second. */
export function traceTagRoutes(traces: TracesService): readonly WireRoute[] {
  return (['2.0', '3.0'] as const).flatMap((version) => [
    ...rpc({
      method: 'PATCH',
      version,
      path: '/mlflow/traces/:trace_id/tags',
      access: 'traces:write',
      async answer({ fields, context }) {
        const id = fields.text('trace_id');
        const key = changeable(fields.text('key'), 'set');
        const value = fields.optionalText('value') ?? '';
        if (key !== nameTag) await traces.setTag(context, id, key, value);
        else if (value.length > longestName)
          throw invalidParameter(`Trace name exceeds the maximum length of ${longestName} characters.`);
        else await traces.rename(context, id, value);
      },
    }),
    ...rpc({
      method: 'DELETE',
      version,
      path: '/mlflow/traces/:trace_id/tags',
      access: 'traces:write',
      async answer({ fields, context, request }) {
        const id = fields.text('trace_id');
        // Some clients send it in the query.
        const asked = fields.has('key') ? fields.text('key') : request.query.key;
        const key = changeable(typeof asked === 'string' ? asked : fields.text('key'), 'deleted');
        if (key !== nameTag) return traces.deleteTag(context, id, key);
        const { name } = await traces.head(context.workspace, id);
        if (name === undefined) throw esteiraError('TRACE_TAG_NOT_FOUND', { id, name: key });
        return traces.rename(context, id, undefined);
      },
    }),
  ]);
}

function changeable(key: string, operation: string): string {
  if (ownTags.includes(key))
    throw invalidParameter(`Tag '${key}' is immutable and cannot be ${operation} on a trace.`);
  return key;
}
