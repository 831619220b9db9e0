import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type Role } from '@esteira/contracts';
import type { z } from 'zod';
import { createAuditLog, createIdentity, defaultWorkspace, systemActor } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { type Meter, noMeter } from '../kernel/meter.ts';
import { systemRandom } from '../kernel/random-source.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { noTracer, type Tracer } from '../kernel/tracer.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { createHttpServer, type HttpServerDeps } from './http-server.ts';
import type { Exposition } from './metrics-route.ts';

export interface EdgeOptions {
  readonly config?: z.input<typeof configSchema>;
  readonly routes?: readonly RouteBinding[];
  readonly checkReady?: () => Promise<void>;
  readonly limits?: HttpServerDeps['limits'];
  readonly logger?: Logger;
  readonly meter?: Meter;
  readonly tracer?: Tracer;
  readonly exposition?: Exposition;
  readonly uiDirectory?: string;
}

interface LogLine {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** The HTTP server with the real identities behind it, on a clock that tests set, and what it logged. */
export async function openHttpEdge(options: EdgeOptions = {}) {
  const time = { now: Date.UTC(2026, 0, 1) };
  const clock = { now: () => time.now };
  const ids = createIdGenerator({ clock, random: systemRandom });
  const log: LogLine[] = [];
  const logger = options.logger ?? recordingLogger(log);
  const sql = await openTestDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'esteira-http-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const shared = { sql, clock, ids, logger, random: systemRandom };
  const audit = createAuditLog({ ...shared, signingKey: generateKeyPairSync('ed25519').privateKey });
  const identity = createIdentity({ ...shared, audit, dataDirectory: directory });
  const http = orElse(remove, () =>
    createHttpServer({
      config: configSchema.parse({ port: 0, ...options.config }),
      identity,
      ids,
      logger,
      routes: options.routes ?? identity.routes,
      engines: [{ name: 'engines', check: options.checkReady ?? (async () => {}) }],
      limits: options.limits ?? { take: () => ({ admitted: true }) },
      meter: options.meter ?? noMeter,
      tracer: options.tracer ?? noTracer,
      ...(options.exposition === undefined ? {} : { exposition: options.exposition }),
      uiDirectory: options.uiDirectory ?? join(directory, 'no-page'),
    }),
  );
  const bootstrap = await identity.bootstrap({
    publicUrl: 'http://localhost',
    interactive: true,
  });
  const system: RequestContext = {
    workspace: defaultWorkspace,
    actor: systemActor,
    requestId: 'req_test',
  };

  return {
    http,
    app: http.app,
    identity,
    log,
    time,
    /** The one-time secret of the owner's first sign-in. */
    signInSecret: bootstrap.kind === 'link' ? (bootstrap.url.split('#/sign-in/')[1] ?? '') : '',
    /** Headers of a service account with these roles. */
    async credentials(...roles: readonly Role[]): Promise<{ authorization: string }> {
      const name = `service-${ids.next('x')}`;
      const { secret } = await identity.issueServiceToken(system, { name, roles });
      return { authorization: `Bearer ${secret}` };
    },
    async close() {
      await http.close();
      await sql.close();
      remove();
    },
  };
}

function orElse<T>(undo: () => void, make: () => T): T {
  try {
    return make();
  } catch (error) {
    undo();
    throw error;
  }
}

function recordingLogger(lines: LogLine[]): Logger {
  const at =
    (level: keyof Logger): Logger['info'] =>
    (fields, message) => {
      lines.push({ level, fields, message });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
