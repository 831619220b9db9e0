import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { EndpointState } from '../../engine/endpoint-state.ts';
import type { Inference } from '../../engine/inference.ts';
import { InferenceError, inferenceError, invalidRequest } from '../../inference-error.ts';
import { metricsContentType } from '../../metrics/metrics-text.ts';
import type { ServedEndpoints } from '../../sync/apply-snapshot.ts';
import type { Access, Admission } from '../access.ts';
import { modelMetadata, requireVersion, serverMetadata } from '../metadata.ts';
import type { ScrapeAccess } from '../scrape-access.ts';
import type { Traffic } from '../traffic.ts';
import { parseInferRequest } from './parse-infer-request.ts';
import { writeInferAnswer } from './write-infer-answer.ts';

export interface RestDeps {
  readonly access: Access;
  readonly endpoints: ServedEndpoints;
  readonly inference: Inference;
  readonly ready: () => boolean;
  /** No new connections are taken: each answer ends its own. */
  readonly turnedAway: () => boolean;
  readonly traffic: Traffic;
  /** Absent: no `/metrics`. */
  readonly metrics?: { readonly access: ScrapeAccess; readonly read: () => string };
  /** Tells this start of the server from others, to whoever has the token that lies in its folder. */
  readonly boot: { readonly id: string; readonly access: ScrapeAccess };
  readonly newId: () => string;
  readonly onError: (problem: { instance: string; error: unknown }) => void;
}

const modelPath = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/;

/** A certificate with its key, PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The Open Inference Protocol over HTTP/1.1 on bare `node:http`, or `node:https` with a certificate. Not yet listening. */
export function createRestServer(deps: RestDeps, tls?: TlsFiles): Server {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(deps, request, response, performance.now());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 60_000;
  return server;
}

async function answer(
  deps: RestDeps,
  request: IncomingMessage,
  response: ServerResponse,
  receivedAt: number,
): Promise<void> {
  let end: (() => void) | undefined;
  try {
    if (deps.turnedAway()) response.setHeader('connection', 'close');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (request.method === 'GET' && answerProbe(deps, path, response)) return;
    if (request.method === 'GET' && path === '/metrics') return answerScrape(deps, request, response);
    if (request.method === 'GET' && path === '/boot') {
      requireToken(deps.boot.access, request);
      return sendJson(response, 200, { boot: deps.boot.id });
    }
    end = deps.traffic.begin();
    const admission = deps.access.authenticate(request.headers.authorization);
    if (path === '/v2' || path === '/v2/') {
      if (request.method !== 'GET')
        throw inferenceError('INFERENCE_PATH_NOT_FOUND', { method: request.method ?? '', path });
      return sendJson(response, 200, serverMetadata);
    }
    const match = modelPath.exec(path);
    const [, name, version, verb] = match ?? [];
    const method = verb === 'infer' ? 'POST' : 'GET';
    if (name === undefined || request.method !== method) {
      throw inferenceError('INFERENCE_PATH_NOT_FOUND', { method: request.method ?? '', path });
    }
    const endpoint = findEndpoint(deps, decode(name), admission);
    if (version !== undefined) requireVersion(endpoint, decode(version));
    if (verb === 'infer')
      return await infer(deps, request, response, endpoint, admission, version, receivedAt);
    if (verb === 'ready')
      return sendJson(response, 200, { name: endpoint.document.name, ready: endpoint.arms.length > 0 });
    sendJson(response, 200, modelMetadata(endpoint));
  } catch (error) {
    sendError(deps, response, error);
  } finally {
    end?.();
  }
}

function answerScrape(deps: RestDeps, request: IncomingMessage, response: ServerResponse): void {
  if (deps.metrics === undefined) throw inferenceError('INFERENCE_KEY_REJECTED');
  requireToken(deps.metrics.access, request);
  const text = Buffer.from(deps.metrics.read());
  response.writeHead(200, { 'content-type': metricsContentType, 'content-length': text.length });
  response.end(text);
}

function requireToken(access: ScrapeAccess, request: IncomingMessage): void {
  const verdict = access.judge(request.headers.authorization, request.socket.remoteAddress ?? '');
  if (verdict.kind === 'refused') throw inferenceError('INFERENCE_KEY_REJECTED');
  if (verdict.kind === 'slowed-down')
    throw inferenceError('TOO_MANY_FAILURES', { retryAfterSeconds: verdict.retryAfterSeconds });
}

/** The open probes: status and nothing else. */
function answerProbe(deps: RestDeps, path: string, response: ServerResponse): boolean {
  if (path === '/health') sendJson(response, 200, { status: 'ok' });
  else if (path === '/v2/health/live') sendJson(response, 200, { live: true });
  else if (path === '/v2/health/ready') sendJson(response, deps.ready() ? 200 : 503, { ready: deps.ready() });
  else if (path === '/ping') sendJson(response, deps.ready() ? 200 : 503, {});
  else return false;
  return true;
}

async function infer(
  deps: RestDeps,
  request: IncomingMessage,
  response: ServerResponse,
  endpoint: EndpointState,
  admission: Admission,
  version: string | undefined,
  receivedAt: number,
): Promise<void> {
  await admission.take();
  const options = {
    purpose: admission.purpose,
    receivedAt,
    ...(version === undefined ? {} : { version: decode(version) }),
  };
  const body = await readBody(request, endpoint.document.limits.maxBodyBytes);
  const inferRequest = await parseOrLog(
    deps,
    endpoint,
    options,
    body,
    request.headers['inference-header-content-length'],
  );
  const written = writeInferAnswer(
    await deps.inference.answer(endpoint, inferRequest, options),
    inferRequest,
  );
  response.writeHead(200, {
    'content-type': written.headerLength === undefined ? 'application/json' : 'application/octet-stream',
    'content-length': written.body.length,
    ...(written.headerLength === undefined
      ? {}
      : { 'inference-header-content-length': String(written.headerLength) }),
  });
  response.end(written.body);
}

async function parseOrLog(
  deps: RestDeps,
  endpoint: EndpointState,
  options: Parameters<Inference['refuse']>[2],
  body: Buffer,
  headerLength: string | string[] | undefined,
) {
  try {
    return parseInferRequest(body, readHeaderLength(headerLength));
  } catch (error) {
    if (error instanceof InferenceError) await deps.inference.refuse(endpoint, error, options);
    throw error;
  }
}

function readHeaderLength(value: string | string[] | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,15}$/.test(value)) {
    throw invalidRequest('Inference-Header-Content-Length is not a positive number');
  }
  return Number(value);
}

function findEndpoint(deps: RestDeps, name: string, admission: Admission): EndpointState {
  // A key opens one endpoint; whether another one exists is not its business.
  const endpoint = name === admission.endpoint ? deps.endpoints.find(name) : undefined;
  if (endpoint === undefined) throw inferenceError('SERVED_MODEL_NOT_FOUND', { model: name });
  return endpoint;
}

function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => {
      request.removeAllListeners('data');
      request.resume();
      reject(inferenceError('INFERENCE_BODY_TOO_LARGE', { limit }));
    };
    if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) return tooLarge();
      chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.on('error', reject);
  });
}

function sendError(deps: RestDeps, response: ServerResponse, error: unknown): void {
  const known = error instanceof InferenceError ? error : inferenceError('INTERNAL', {}, error);
  const instance = deps.newId();
  deps.traffic.refused(known.code);
  if (known.status >= 500) deps.onError({ instance, error: known });
  if (response.headersSent || response.destroyed) return;
  const retryAfter = known.details.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (known.status === 401) response.setHeader('www-authenticate', 'Bearer');
  sendJson(response, known.status, { error: known.message, code: known.code, instance });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
