import type { RouteAccess } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { WireAnswer, WireRequest, WireRoute } from '../../kernel/wire-route.ts';
import { type Fields, readFields } from './fields.ts';

export interface Call {
  /** Of the query string of a GET, of the JSON body of everything else; the names in the path are among them. */
  readonly fields: Fields;
  readonly context: RequestContext;
  readonly request: WireRequest;
  readonly signal: AbortSignal;
}

export interface Rpc {
  readonly method: WireRoute['method'];
  /** `2.0` or `3.0`. */
  readonly version: '2.0' | '3.0';
  /** From `/mlflow` on, with `:name` for a segment. */
  readonly path: string;
  readonly access: RouteAccess;
  /** Resolves with the message of the answer, or with its JSON as bytes; an empty one unless it returns something. */
  readonly answer: (call: Call) => Promise<unknown>;
  /** Tells what went wrong in the words that clients of this call look for; errors as they are unless given. */
  readonly retell?: (error: unknown, call: Call) => unknown;
}

/** A call of MLflow's services, at both doors: that of the clients and that of the page (`/ajax-api`). */
export function rpc(call: Rpc): readonly WireRoute[] {
  return ['/api', '/ajax-api'].map((door) => ({
    method: call.method,
    path: `${door}/${call.version}${call.path}`,
    access: call.access,
    body: call.method === 'GET' ? 'none' : 'json',
    async handle(request, signal): Promise<WireAnswer> {
      const context = contextOf(request);
      const given = call.method === 'GET' ? request.query : request.body;
      const fields = readFields(given, request.params, call.method === 'GET', request.text);
      const message = (await answered(call, { fields, context, request, signal })) ?? {};
      return message instanceof Uint8Array ? { headers: json, body: message } : { body: message };
    },
  }));
}

async function answered({ answer, retell }: Rpc, call: Call): Promise<unknown> {
  try {
    return await answer(call);
  } catch (error) {
    throw retell === undefined ? error : retell(error, call);
  }
}

const json = { 'content-type': 'application/json' };

/** Who asks. Throws UNAUTHENTICATED on a route that is open. */
export function contextOf(request: WireRequest): RequestContext {
  if (request.context === undefined) throw esteiraError('UNAUTHENTICATED');
  return request.context;
}
