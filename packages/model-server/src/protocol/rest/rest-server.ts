import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ServingContract } from '@esteira/contracts';
import type { Inference } from '../../engine/inference.ts';
import type { EndpointCounts } from '../../fleet/fleet-counts.ts';
import { InferenceError, inferenceError } from '../../inference-error.ts';
import { metricsContentType } from '../../metrics/metrics-text.ts';
import type { ServedEndpoints } from '../../sync/apply-snapshot.ts';
import type { EntityFeatures } from '../../sync/entity-features.ts';
import type { Access, Admission } from '../access.ts';
import type { Callers } from '../callers.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { requireVersion } from '../metadata.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { requirePermission } from '../require-permission.ts';
import type { ScrapeAccess } from '../scrape-access.ts';
import type { Traffic } from '../traffic.ts';
import { trustedCaller } from '../trusted-caller.ts';
import { answerBrokenHttp, noteAsked } from './broken-http.ts';
import { acceptedCodings, decodeBody } from './decode-body.ts';
import { type AnswerStream, type Exchange, finish, type RequestHead, send, sendFailure } from './exchange.ts';
import { answerPlainRequests } from './plain-connections.ts';
import { giveBody, readBody } from './read-body.ts';
import { createRouteTable, type FoundRoute, type RouteTable } from './route-table.ts';
import { sendEvents } from './send-events.ts';
import { type InferRoute, jsonReply, type ModelCall, type Reply } from './wire.ts';
import { sagemakerWires, wires } from './wires.ts';

export interface RestDeps {
  readonly access: Access;
  readonly endpoints: ServedEndpoints;
  readonly inference: Inference;
  readonly ready: () => boolean;
  /** Absent: whoever asks for predictions shows a key. */
  readonly contract?: ServingContract;
  /** Counts of all endpoints, by every process that shares the port. */
  readonly counts: () => Promise<EndpointCounts>;
  /** Absent: there is no feature store to ask. */
  readonly features?: EntityFeatures;
  /** No new connections are taken: each answer ends its own. */
  readonly turnedAway: () => boolean;
  readonly traffic: Traffic;
  readonly callers: Callers;
  /** Absent: no `/metrics`. */
  readonly metrics?: {
    readonly access: ScrapeAccess;
    /** Of every process that shares the port, or of this one only. */
    readonly read: (ownOnly: boolean) => string | Promise<string>;
  };
  /** Tells this start of the server from others, to whoever has the token that lies in its folder. */
  readonly boot: { readonly identity: () => object; readonly access: ScrapeAccess };
  readonly newId: () => string;
  readonly onError: (problem: { instance: string; error: unknown }) => void;
}

/** A certificate with its key, PEM; with a `ca`, callers must show a certificate of it too. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert?: true;
  readonly rejectUnauthorized?: true;
}

const documentBodyLimit = 64 * 1024;
const noBody = Buffer.alloc(0);
const usualTable = createRouteTable(wires);
const sagemakerTable = createRouteTable(sagemakerWires);

/** Every wire over HTTP/1.1 on bare `node:http`, or `node:https` with a certificate. Not yet listening. */
export function createRestServer(deps: RestDeps, tls?: TlsFiles): Server {
  const server = tls === undefined ? createServer(httpOptions) : createTlsServer({ ...tls, ...httpOptions });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    noteAsked(request, response);
    answer(deps, request, response, (limit, reader) => readBody(request, limit, reader));
  };
  server.on('request', onRequest);
  // Nothing is expected here that would have to be refused: with what is wished for beside it, a request is a request.
  server.on('checkExpectation', onRequest);
  server.on('clientError', answerBrokenHttp);
  // Whoever has said all it had to say is answered all the same. Node has it as a field without a word in its types.
  Object.assign(server, { httpAllowHalfOpen: true });
  if (tls === undefined) {
    answerPlainRequests(server, {
      takes: (url) => tableOf(deps).find('POST', pathOf(url))?.route.kind === 'infer',
      leaves: (url, body) => asksForEvents(tableOf(deps).find('POST', pathOf(url))?.route, body),
      answer: ({ request, response, body }) =>
        answer(deps, request, response, (limit, reader) => giveBody(body, limit, reader)),
      keepAliveMs: httpOptions.keepAliveTimeout,
      headersMs: httpOptions.headersTimeout,
      requestMs: httpOptions.requestTimeout,
    });
  }
  return server;
}

// Whoever sends header or body a byte at a time holds a connection, not a thread; it ends after these times.
const httpOptions = {
  keepAliveTimeout: 75_000,
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 2_000,
  // Refused here, with the body that every refusal has.
  requireHostHeader: false,
};

function answer(
  deps: RestDeps,
  request: RequestHead,
  response: AnswerStream,
  receiveBody: Exchange['receive'],
): void {
  const path = pathOf(request.url ?? '/');
  const exchange: Exchange = {
    request,
    response,
    receive: receiveBody,
    path,
    receivedAt: performance.now(),
    wire: undefined,
    end: undefined,
  };
  try {
    if (deps.turnedAway()) response.setHeader('connection', 'close');
    if (request.httpVersion === '1.1' && request.headers.host === undefined)
      throw inferenceError('INFERENCE_HTTP_BROKEN');
    // What is asked for is the head of an answer to GET; `node:http` leaves the body away (RFC 9110, section 9.3.2).
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const found = tableOf(deps).find(method, path);
    exchange.wire = found?.wire;
    if (found?.route.kind === 'probe') send(exchange, found.route.answer(deps));
    else if (method === 'GET' && path === '/metrics') answerScrape(deps, exchange);
    else if (method === 'GET' && path === '/boot') answerBoot(deps, exchange);
    else {
      exchange.end = deps.traffic.begin();
      const admission = isTrusted(found)
        ? trustedCaller
        : deps.access.authenticate(request.headers.authorization);
      if (found === undefined) throw noSuchRoute(deps, response, method, path);
      follow(deps, exchange, found, admission);
    }
  } catch (error) {
    fail(deps, exchange, error);
  }
}

function follow(deps: RestDeps, exchange: Exchange, found: FoundRoute, admission: Admission): void {
  const { route, params } = found;
  if (route.kind === 'document') {
    requirePermission(admission, route);
    const use = (body: Buffer) =>
      give(deps, exchange, route.answer({ server: deps, admission, params, body }));
    if (route.method === 'GET') use(noBody);
    else receive(deps, exchange, documentBodyLimit, (error) => fail(deps, exchange, error), use);
  } else if (route.kind === 'model') {
    const call = openModel(deps, exchange, found, admission, route.only);
    requirePermission(admission, route);
    give(deps, exchange, route.answer(call));
  } else if (route.kind === 'infer' || route.kind === 'stream') {
    const call = openModel(deps, exchange, found, admission, route.only);
    requirePermission(admission, route);
    noteCaller(deps, call, exchange.request.socket);
    const taken = admission.take();
    if (taken === undefined) infer(deps, exchange, route, call);
    else {
      taken
        .then(() => infer(deps, exchange, route, call))
        .catch((error: unknown) => fail(deps, exchange, error));
    }
  }
}

function give(deps: RestDeps, exchange: Exchange, reply: Reply | Promise<Reply>): void {
  if (reply instanceof Promise)
    reply.then((given) => send(exchange, given)).catch((error: unknown) => fail(deps, exchange, error));
  else send(exchange, reply);
}

function openModel(
  deps: RestDeps,
  exchange: Exchange,
  { params }: FoundRoute,
  admission: Admission,
  only: true | undefined,
): ModelCall {
  const name = only ? nameOfOnly(deps, exchange) : (params.model ?? '');
  const endpoint = openEndpoint(deps.endpoints, admission, name);
  const { version } = params;
  if (version !== undefined) requireVersion(endpoint, version);
  return { server: deps, admission, params, headers: exchange.request.headers, endpoint, version };
}

function infer(deps: RestDeps, exchange: Exchange, route: InferRoute, call: ModelCall): void {
  const { endpoint, version } = call;
  const options = {
    purpose: call.admission.purpose,
    receivedAt: exchange.receivedAt,
    ...(version === undefined ? {} : { version }),
  };
  const failed = (error: unknown): void => fail(deps, exchange, error);
  const refuse = (error: unknown): void => {
    if (error instanceof InferenceError)
      deps.inference.refuse(endpoint, error, options).then(() => failed(error), failed);
    else failed(error);
  };
  receive(deps, exchange, endpoint.document.limits.maxBodyBytes, refuse, (body) => {
    let request: InferRequest | Promise<InferRequest>;
    try {
      request = route.read(body, call);
    } catch (error) {
      refuse(error);
      return;
    }
    if (request instanceof Promise) request.then(ask, refuse).catch(failed);
    else ask(request);
  });

  function ask(request: InferRequest): void {
    // An answer that is there already leaves in this turn of the event loop.
    const answer: InferAnswer | Promise<InferAnswer> = deps.inference.answer(endpoint, request, options);
    const abandon = (error: unknown): void => {
      request.stream?.opened?.cancel();
      failed(error);
    };
    const give = (given: InferAnswer): void => {
      try {
        if (request.stream === undefined) send(exchange, route.write(given, request, call));
        else stream(given, request).catch(failed);
      } catch (error) {
        abandon(error);
      }
    };
    if (answer instanceof Promise) answer.then(give, abandon);
    else give(answer);
  }

  function stream(first: InferAnswer, request: InferRequest): Promise<void> {
    const instance = deps.newId();
    const { refuse } = exchange.wire ?? tableOf(deps).wireOf(exchange.path);
    const { events } = route;
    return sendEvents(exchange, {
      request,
      first,
      write: (answer) => String(route.write(answer, request, call).body),
      refuse({ status, code, message }) {
        const failure = { status, code, message, instance };
        return events === undefined ? String(refuse(failure).body) : events.refuse(failure);
      },
      ...(events === undefined ? {} : { last: events.last }),
      ended: (pieces) => deps.inference.ended(endpoint, first, pieces, options),
      async broken(error) {
        deps.traffic.refused(error.code);
        if (error.status >= 500) deps.onError({ instance, error });
        await deps.inference.broken(endpoint, first, error, options);
      },
    });
  }
}

/** `refuse` is told of a body that came whole and cannot be unpacked. */
function receive(
  deps: RestDeps,
  exchange: Exchange,
  limit: number,
  refuse: (error: unknown) => void,
  use: (body: Buffer) => void,
): void {
  exchange.receive(limit, {
    onBody(body) {
      let decoded: Buffer;
      try {
        decoded = decodeBody(body, exchange.request.headers['content-encoding'], limit);
      } catch (error) {
        exchange.response.setHeader('accept-encoding', acceptedCodings);
        refuse(error);
        return;
      }
      try {
        use(decoded);
      } catch (error) {
        fail(deps, exchange, error);
      }
    },
    onTooLarge(error) {
      exchange.response.setHeader('connection', 'close');
      fail(deps, exchange, error);
    },
    onGone: () => finish(exchange),
  });
}

function answerScrape(deps: RestDeps, exchange: Exchange): void {
  if (deps.metrics === undefined) throw inferenceError('INFERENCE_KEY_REJECTED');
  requireToken(deps.metrics.access, exchange.request);
  const toReply = (body: string): Reply => ({ status: 200, type: metricsContentType, body });
  const text = deps.metrics.read(exchange.request.url?.endsWith('?own') ?? false);
  give(deps, exchange, text instanceof Promise ? text.then(toReply) : toReply(text));
}

function answerBoot(deps: RestDeps, exchange: Exchange): void {
  requireToken(deps.boot.access, exchange.request);
  send(exchange, jsonReply(deps.boot.identity()));
}

function requireToken(access: ScrapeAccess, request: RequestHead): void {
  const verdict = access.judge(request.headers.authorization, request.socket.remoteAddress ?? '');
  if (verdict.kind === 'refused') throw inferenceError('INFERENCE_KEY_REJECTED');
  if (verdict.kind === 'slowed-down')
    throw inferenceError('TOO_MANY_FAILURES', { retryAfterSeconds: verdict.retryAfterSeconds });
}

/** Who depends on a sandbox is counted; elsewhere it costs nothing. */
function noteCaller({ callers }: RestDeps, { endpoint, admission }: ModelCall, socket: Socket): void {
  const { name, stage } = endpoint.document;
  if (stage === 'development' && admission.purpose === 'user') callers.note(name, admission.keyId, socket);
}

/** A path without a name means the endpoint that is served when there is no other. */
function nameOfOnly({ endpoints }: RestDeps, { path }: Exchange): string {
  const [only, second] = endpoints.all();
  if (only === undefined || second !== undefined)
    throw inferenceError('INFERENCE_ENDPOINT_NOT_NAMED', { path });
  return only.document.name;
}

function tableOf({ contract }: RestDeps): RouteTable {
  return contract === undefined ? usualTable : sagemakerTable;
}

/** Looks for the words alone: what they mean is for the route to read. */
function asksForEvents(route: FoundRoute['route'] | undefined, body: Buffer): boolean {
  return route?.kind === 'infer' && route.events !== undefined && body.includes(route.events.askedBy);
}

function isTrusted(found: FoundRoute | undefined): boolean {
  return found?.route.kind === 'infer' && found.route.trusted === true;
}

function noSuchRoute(deps: RestDeps, response: AnswerStream, method: string, path: string): InferenceError {
  const allowed = tableOf(deps)
    .methodsOf(path)
    .flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]))
    .join(', ');
  if (allowed === '') return inferenceError('INFERENCE_PATH_NOT_FOUND', { method, path });
  response.setHeader('allow', allowed);
  return inferenceError('INFERENCE_METHOD_NOT_ALLOWED', { method, path, allowed });
}

function fail(deps: RestDeps, exchange: Exchange, error: unknown): void {
  const known = error instanceof InferenceError ? error : inferenceError('INTERNAL', {}, error);
  const instance = deps.newId();
  deps.traffic.refused(known.code);
  if (known.status >= 500) deps.onError({ instance, error: known });
  sendFailure(exchange, exchange.wire ?? tableOf(deps).wireOf(exchange.path), known, instance);
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
