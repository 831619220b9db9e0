import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config, RouteAccess } from '@esteira/contracts';
import fastifyCookie from '@fastify/cookie';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Identity } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { authenticateRequests } from './authentication-hook.ts';
import { createErrorAnswer, type ErrorAnswer, mapErrors } from './error-mapper.ts';
import { guardHosts, requireProtectedAddress } from './host-guard.ts';
import { openLoopbackDoor } from './loopback-door.ts';
import { registerProbes } from './probes.ts';
import { registerRoutes } from './route-table.ts';
import { securityHeaders, setSecurityHeaders } from './security-headers.ts';
import { registerSignIn } from './sign-in-routes.ts';
import { serveStaticUi } from './static-ui.ts';

export interface HttpServer {
  /**
   * Binds the address; resolves with the URL people use and the one that processes of this machine use. Throws
   * EXPOSED_WITHOUT_TLS, ADDRESS_UNAVAILABLE.
   */
  listen(): Promise<{ url: string; port: number; innerUrl: string }>;
  /** Takes no new requests, lets handlers that wait know, gives the others ten seconds to finish. */
  close(): Promise<void>;
  /** The framework's instance, for in-process calls and for tests that walk the routes. */
  readonly app: FastifyInstance;
  /** Every route that was registered, by whomever, as the framework announced it. */
  readonly registered: readonly RegisteredRoute[];
}

interface RegisteredRoute {
  readonly method: string;
  readonly path: string;
  readonly access: RouteAccess | undefined;
}

export interface HttpServerDeps {
  readonly config: Config;
  readonly identity: Identity;
  readonly routes: readonly RouteBinding[];
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** Folder of the built page. */
  readonly uiDirectory: string;
  /** Resolves when the engines answer; rejects with the reason otherwise. */
  readonly checkReady: () => Promise<void>;
}

const drainMs = 10_000;

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host name is known',
  EACCES: 'ports below 1024 need a privilege this process does not have',
};

/** The control plane's HTTP server. Hooks run in the order written here: hosts, identity, then the route. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { config } = deps;
  const closing = new AbortController();
  let door: Awaited<ReturnType<typeof openLoopbackDoor>> | undefined;
  const answerError = createErrorAnswer({ ids: deps.ids, logger: deps.logger, bodyLimit: config.bodyLimit });
  const app = createApp(deps, answerError);
  const registered = collectRoutes(app);
  app.register(fastifyCookie);
  mapErrors(app, answerError);
  setSecurityHeaders(app);
  guardHosts(app, config);
  authenticateRequests(app, deps.identity);
  registerProbes(app, deps.checkReady);
  registerSignIn(app, { identity: deps.identity, secureCookie: usesTls(config) });
  registerRoutes(app, deps.routes, closing.signal);
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
    async close() {
      closing.abort();
      const patience = setTimeout(() => app.server.closeAllConnections(), drainMs);
      await Promise.all([app.close(), door?.close(drainMs)]);
      clearTimeout(patience);
    },
  };
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
    for (const name of [method].flat()) routes.push({ method: name, path: url, access: config?.access });
  });
  return routes;
}

function createApp(deps: HttpServerDeps, answerError: ErrorAnswer): FastifyInstance {
  const { config } = deps;
  const shared = {
    genReqId: () => deps.ids.next('req'),
    bodyLimit: config.bodyLimit,
    trustProxy: config.trustedProxy,
    routerOptions: { maxParamLength: 512 },
    // A path that cannot be decoded reaches no route and no hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      answerError(error, request, reply.headers(securityHeaders));
    },
    forceCloseConnections: 'idle',
  } as const;
  if (config.tlsCert === undefined || config.tlsKey === undefined) return fastify(shared);
  return fastify({
    ...shared,
    https: readCertificate(config.tlsCert, config.tlsKey),
  }) as unknown as FastifyInstance;
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
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return `${config.tlsCert === undefined ? 'http' : 'https'}://${host}:${port}`;
}

/** Every address includes loopback; a single one is asked itself. */
function innerUrl(config: Config, port: number): string {
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  return localUrl(everywhere ? { ...config, host: '127.0.0.1' } : config, port);
}

function listeningPort(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
