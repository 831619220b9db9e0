import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { Config, RouteAccess } from '@esteira/contracts';
import { closeConnections } from '@esteira/model-server/close-connections';
import type { LeasedLimits } from '@esteira/model-server/leased-limits';
import fastifyCookie from '@fastify/cookie';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Identity } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Meter } from '../kernel/meter.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import type { Tracer } from '../kernel/tracer.ts';
import type { Wire } from '../kernel/wire-route.ts';
import { authenticateRequests } from './authentication-hook.ts';
import { createErrorAnswer, type ErrorAnswer, mapErrors } from './error-mapper.ts';
import { guardHosts, requireProtectedAddress } from './host-guard.ts';
import { openLoopbackDoor } from './loopback-door.ts';
import { type Exposition, registerMetrics } from './metrics-route.ts';
import { registerProbes } from './probes.ts';
import { createReadiness, type EngineCheck } from './readiness.ts';
import { nameRequest } from './request-id.ts';
import { limitRequests } from './request-limits.ts';
import { observeRequests } from './request-observation.ts';
import { registerRoutes } from './route-table.ts';
import { securityHeaders, setSecurityHeaders } from './security-headers.ts';
import { registerSignIn } from './sign-in-routes.ts';
import { serveStaticUi } from './static-ui.ts';
import { refuseOnWire, registerWires } from './wire-routes.ts';

export interface HttpServer {
  /**
   * Binds the address; resolves with the URL people use and the one that processes of this machine use. Throws
   * EXPOSED_WITHOUT_TLS, ADDRESS_UNAVAILABLE.
   */
  listen(): Promise<{ url: string; port: number; innerUrl: string }>;
  /**
   * Begins to end: `/ready` says no and long polls are answered. Requests still work.
   * Resolves when nobody has asked for a moment, or after `patienceMs`.
   */
  drain(patienceMs: number): Promise<void>;
  /** Takes no new connections, lets handlers that wait know, and gives the others `patienceMs` (10,000 unless given). */
  close(patienceMs?: number): Promise<void>;
  /** The framework's instance, for in-process calls and for tests that walk the routes. */
  readonly app: FastifyInstance;
  /** Every route that was registered, by whomever, as the framework announced it. */
  readonly registered: readonly RegisteredRoute[];
}

interface RegisteredRoute {
  readonly method: string;
  readonly path: string;
  readonly access: RouteAccess | 'scrape-token' | undefined;
  /** The foreign protocol it belongs to. */
  readonly wire: string | undefined;
}

export interface HttpServerDeps {
  readonly config: Config;
  readonly identity: Identity;
  readonly routes: readonly RouteBinding[];
  /** Foreign protocols. */
  readonly wires?: readonly Wire[];
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** Folder of the built page. */
  readonly uiDirectory: string;
  /** What `/ready` asks. */
  readonly engines: readonly EngineCheck[];
  /** An engine that requests can do without is away: `/ready` says so. */
  readonly isDegraded?: () => boolean;
  /** What one caller may ask of all replicas. */
  readonly limits: Pick<LeasedLimits, 'take'>;
  readonly meter: Meter;
  readonly tracer: Tracer;
  /** What `/metrics` answers; only where the configuration has a scrape token. */
  readonly exposition?: Exposition;
}

const closePatienceMs = 10_000;
/** Without a request for this long, whoever balances the load has turned away. */
const quietMs = 500;

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host name is known',
  EACCES: 'ports below 1024 need a privilege this process does not have',
};

/** The control plane's HTTP server. Hooks run in the order written here: hosts, identity, then the route. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { config, wires = [] } = deps;
  const wireDeps = { ids: deps.ids, logger: deps.logger, bodyLimit: config.bodyLimit };
  const closing = new AbortController();
  const monotonic = (): number => performance.now();
  /** Clients went on asking when the drain was over. */
  let busy = false;
  /** No new connections are taken. */
  let turnedAway = false;
  let door: Awaited<ReturnType<typeof openLoopbackDoor>> | undefined;
  const answerError = createErrorAnswer({ ids: deps.ids, logger: deps.logger, bodyLimit: config.bodyLimit });
  const answerOnWire = refuseOnWire(wires, wireDeps);
  const app = createApp(
    config,
    deps.ids,
    (error, request, reply) => answerOnWire(error, request, reply) ?? answerError(error, request, reply),
  );
  const registered = collectRoutes(app);
  const running = observeRequests(app, deps);
  const readiness = createReadiness({ ...deps, monotonic });
  endConnectionsWhen(app, () => turnedAway);
  app.register(fastifyCookie);
  mapErrors(app, answerError, answerOnWire);
  setSecurityHeaders(app);
  guardHosts(app, config);
  authenticateRequests(app, deps.identity);
  limitRequests(app, deps.limits);
  registerProbes(app, readiness, deps.isDegraded);
  if (config.metricsToken !== undefined && deps.exposition !== undefined) {
    registerMetrics(app, { token: () => config.metricsToken ?? '', exposition: deps.exposition, monotonic });
  }
  registerSignIn(app, { identity: deps.identity, secureCookie: usesTls(config) });
  registerRoutes(app, deps.routes, closing.signal);
  registerWires(app, wires, closing.signal, wireDeps);
  serveStaticUi(app, deps.uiDirectory);
  return {
    app,
    registered,
    async listen() {
      requireProtectedAddress(config);
      await bind(app, config);
      if (config.tlsCert !== undefined) door = await openLoopbackDoor(app);
      const port = listeningPort(app);
      return {
        port,
        url: config.publicUrl ?? localUrl(config, port),
        innerUrl: door?.url ?? innerUrl(config, port),
      };
    },
    async drain(patienceMs) {
      beginClosing();
      const deadline = monotonic() + patienceMs;
      for (busy = true; busy && monotonic() < deadline; await pause(20)) {
        busy = running.count() > 0 || monotonic() - running.lastCame() < quietMs;
      }
    },

    async close(patienceMs = closePatienceMs) {
      beginClosing();
      const servers = [app.server, ...(door === undefined ? [] : [door.server])];
      const onTurnedAway = (): void => {
        turnedAway = true;
      };
      await closeConnections(servers, { patienceMs, busy, monotonic, onTurnedAway });
      await app.close();
    },
  };

  function beginClosing(): void {
    readiness.refuse();
    closing.abort();
  }
}

/**
 * So that a client comes back on a new connection, and finds another server. Not before this one takes no more of them: the
 * new connection would come back here.
 */
function endConnectionsWhen(app: FastifyInstance, turnedAway: () => boolean): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (turnedAway()) reply.header('connection', 'close');
    done(null, payload);
  });
}

async function bind(app: FastifyInstance, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const problem = listenProblems[code];
    if (problem === undefined) throw error;
    throw esteiraError('ADDRESS_UNAVAILABLE', { host, port, problem }, error);
  }
}

function collectRoutes(app: FastifyInstance): readonly RegisteredRoute[] {
  const routes: RegisteredRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const name of [method].flat())
      routes.push({ method: name, path: url, access: config?.access, wire: config?.wire });
  });
  return routes;
}

function createApp(config: Config, ids: IdGenerator, answerError: ErrorAnswer): FastifyInstance {
  const shared = {
    genReqId: (request: { headers: IncomingHttpHeaders }) => nameRequest(request.headers, ids),
    bodyLimit: config.bodyLimit,
    trustProxy: config.trustedProxy,
    routerOptions: { maxParamLength: 512 },
    // A path that cannot be decoded reaches no route and no hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      answerError(error, request, reply.headers(securityHeaders));
    },
    return503OnClosing: false,
    // Bodies are checked by the contracts; this keeps the framework's own compilers from being loaded.
    schemaController: {
      compilersFactory: { buildValidator: () => noCompiler, buildSerializer: () => noCompiler },
    },
  } as const;
  if (config.tlsCert === undefined || config.tlsKey === undefined) return fastify(shared);
  return fastify({
    ...shared,
    https: readCertificate(config.tlsCert, config.tlsKey),
  }) as unknown as FastifyInstance;
}

function noCompiler(): never {
  throw new Error('Schemas belong into the contracts.');
}

/** Throws BAD_CONFIG when they cannot be read or do not fit together. */
function readCertificate(certificate: string, key: string): { cert: Buffer; key: Buffer } {
  try {
    const files = { cert: readFileSync(certificate), key: readFileSync(key) };
    createSecureContext(files);
    return files;
  } catch (error) {
    const problem = `tlsCert ${certificate} and tlsKey ${key} are not a readable PEM certificate with its key`;
    throw esteiraError('BAD_CONFIG', { problem }, error);
  }
}

function usesTls(config: Config): boolean {
  return config.tlsCert !== undefined || (config.publicUrl?.startsWith('https:') ?? false);
}

function localUrl(config: Config, port: number): string {
  // "Every address" is none to ask, and no certificate is made for it.
  const named = isEverywhere(config) ? 'localhost' : config.host;
  const host = named.includes(':') ? `[${named}]` : named;
  return `${config.tlsCert === undefined ? 'http' : 'https'}://${host}:${port}`;
}

/** Every address includes loopback; a single one is asked itself. */
function innerUrl(config: Config, port: number): string {
  return localUrl(isEverywhere(config) ? { ...config, host: '127.0.0.1' } : config, port);
}

function isEverywhere({ host }: Config): boolean {
  return host === '0.0.0.0' || host === '::';
}

function listeningPort(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
