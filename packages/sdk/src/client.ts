import { api, type RouteDefinition, type RouteInput, type RouteOutput } from '@esteira/contracts';
import { ApiError } from './api-error.ts';
import { createHttpTransport, type Transport, type TransportResponse } from './transport.ts';

export interface ClientOptions {
  /** Origin of the control plane, such as `http://127.0.0.1:7700`; empty in the page itself. */
  readonly url?: string;
  /** API token; absent in the page, which has a session cookie. */
  readonly token?: string;
  /** CSRF token of the page's session; a function, because it is known only after sign-in. */
  readonly csrfToken?: () => string | undefined;
  /** Another way to reach the server, such as an in-process one. */
  readonly transport?: Transport;
}

type Operation<T extends RouteDefinition> =
  object extends RouteInput<T>
    ? (input?: RouteInput<T>, options?: CallOptions) => Promise<RouteOutput<T>>
    : (input: RouteInput<T>, options?: CallOptions) => Promise<RouteOutput<T>>;

interface CallOptions {
  readonly signal?: AbortSignal;
}

type RoomClient<Room> = {
  readonly [Verb in keyof Room]: Room[Verb] extends RouteDefinition ? Operation<Room[Verb]> : never;
};

/** The typed client: one function per operation, grouped by room as in the contracts: `client.datasets.list()`. */
export type EsteiraClient = { readonly [Room in keyof typeof api]: RoomClient<(typeof api)[Room]> };

/** Makes a client. Every function throws ApiError when the server refuses. */
export function createClient(options: ClientOptions): EsteiraClient {
  const transport = options.transport ?? createHttpTransport(options.url ?? '');
  const rooms: Record<string, Record<string, unknown>> = {};
  for (const [room, routes] of Object.entries(api)) {
    const operations: Record<string, unknown> = {};
    for (const [verb, definition] of Object.entries(routes as Record<string, RouteDefinition>)) {
      operations[verb] = (input: LooseInput | undefined, call: CallOptions | undefined) =>
        callRoute({ transport, options, definition, input: input ?? {}, call: call ?? {} });
    }
    rooms[room] = operations;
  }
  return rooms as unknown as EsteiraClient;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

interface RouteCall {
  readonly transport: Transport;
  readonly options: ClientOptions;
  readonly definition: RouteDefinition;
  readonly input: LooseInput;
  readonly call: CallOptions;
}

async function callRoute({ transport, options, definition, input, call }: RouteCall): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  const csrfToken = options.csrfToken?.();
  if (csrfToken) headers['x-esteira-csrf'] = csrfToken;
  if (definition.body)
    headers['content-type'] = definition.body === 'stream' ? 'application/octet-stream' : 'application/json';
  const response = await transport.send({
    method: definition.method,
    path: fillPath(definition.path, input.params ?? {}) + queryString(input.query ?? {}),
    headers,
    ...(definition.body === 'stream' ? { body: input.body as AsyncIterable<Uint8Array> } : {}),
    ...(definition.body && definition.body !== 'stream' ? { body: JSON.stringify(input.body ?? {}) } : {}),
    ...(call.signal ? { signal: call.signal } : {}),
  });
  if (response.status >= 400) throw await readError(response);
  if (definition.response === 'stream') return response.bytes();
  return definition.response.parse(JSON.parse(await response.text()));
}

async function readError(response: TransportResponse): Promise<ApiError> {
  const text = await response.text();
  try {
    return new ApiError(response.status, JSON.parse(text) as Record<string, unknown>);
  } catch {
    return new ApiError(response.status, {});
  }
}

function fillPath(path: string, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/:(\w+)/g, (_match, name: string) => encodeURIComponent(String(params[name] ?? '')));
}

function queryString(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined)
      search.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
