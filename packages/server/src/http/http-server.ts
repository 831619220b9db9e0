import { readFileSync } from 'node:fs';
import type { Config } from '@esteira/contracts';
import fastifyCookie from '@fastify/cookie';
import { type FastifyInstance, fastify } from 'fastify';
import type { Identity } from '../governance/index.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { authenticateRequests } from './authentication-hook.ts';
import { mapErrors } from './error-mapper.ts';
import { guardHosts, requireProtectedAddress } from './host-guard.ts';
import { registerProbes } from './probes.ts';
import { registerRoutes } from './route-table.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { registerSignIn } from './sign-in-routes.ts';
import { serveStaticUi } from './static-ui.ts';

export interface HttpServer {
  /** Binds the address; resolves with the URL people use. Throws EXPOSED_WITHOUT_TLS. */
  listen(): Promise<{ url: string; port: number }>;
  close(): Promise<void>;
  /** The framework's instance, for in-process calls and for tests that walk the routes. */
  readonly app: FastifyInstance;
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

/** The control plane's HTTP server. Hooks run in the order written here: hosts, identity, then the route. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const { config } = deps;
  const app = createApp(deps);
  app.register(fastifyCookie);
  mapErrors(app, { ids: deps.ids, logger: deps.logger, bodyLimit: config.bodyLimit });
  setSecurityHeaders(app);
  guardHosts(app, config);
  authenticateRequests(app, deps.identity);
  registerProbes(app, deps.checkReady);
  registerSignIn(app, { identity: deps.identity, secureCookie: usesTls(config) });
  registerRoutes(app, deps.routes);
  serveStaticUi(app, deps.uiDirectory);
  return {
    app,
    async listen() {
      requireProtectedAddress(config);
      await app.listen({ host: config.host, port: config.port });
      const port = listeningPort(app);
      return { port, url: config.publicUrl ?? localUrl(config, port) };
    },
    close: () => app.close(),
  };
}

function createApp(deps: HttpServerDeps): FastifyInstance {
  const { config } = deps;
  const shared = {
    genReqId: () => deps.ids.next('req'),
    bodyLimit: config.bodyLimit,
    trustProxy: config.trustedProxy,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
  } as const;
  if (config.tlsCert === undefined || config.tlsKey === undefined) return fastify(shared);
  const https = { cert: readFileSync(config.tlsCert), key: readFileSync(config.tlsKey) };
  return fastify({ ...shared, https }) as unknown as FastifyInstance;
}

function usesTls(config: Config): boolean {
  return config.tlsCert !== undefined || (config.publicUrl?.startsWith('https:') ?? false);
}

function localUrl(config: Config, port: number): string {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return `${config.tlsCert === undefined ? 'http' : 'https'}://${host}:${port}`;
}

function listeningPort(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
