import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createJobQueue } from '../../jobs/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createEventBus } from '../../storage/events/event-bus.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { createAuditLog } from '../audit/audit-log.ts';
import { signingKeyOf } from '../audit/open-signing-key.ts';
import { systemActor } from '../identity/principal.ts';
import type { PostDeps } from './post-news.ts';
import { createWebhooks, type WebhookFields } from './webhooks.ts';

export const someone: RequestContext = { workspace: 'ws_1', actor: systemActor, requestId: 'req_1' };
const seed = Buffer.alloc(32, 7);

export const fields: WebhookFields = {
  name: 'hook',
  url: 'https://example.com/hook',
  events: ['registered_model.created'],
  description: '',
  status: 'active',
  secret: undefined,
};

/** Webhooks with a queue of jobs on a database; the clock runs ahead by what tests add to `ahead.ms`. */
export function openWebhooks(
  sql: SqlDatabase,
  options: { post?: Partial<PostDeps>; seed?: Uint8Array } = {},
) {
  const ahead = { ms: 0 };
  const clock = { now: () => systemClock.now() + ahead.ms };
  const ids = createIdGenerator({ clock, random: systemRandom });
  const shared = { sql, database: sql, clock, ids, random: systemRandom, logger: silentLogger };
  const jobs = createJobQueue({
    ...shared,
    events: createEventBus(shared),
    installationId: 'inst_1',
    resolveActor: async () => systemActor,
    timing: { poll: 20, retryDelay: () => 0 },
  });
  const audit = createAuditLog({ ...shared, signingKey: signingKeyOf(seed) });
  const webhooks = createWebhooks({
    ...shared,
    jobs,
    audit,
    seed: options.seed ?? seed,
    post: { rules: { allowPrivate: true }, timeoutMs: 5_000, ...options.post },
  });

  return {
    sql,
    jobs,
    webhooks,
    audit,
    ahead,
    /** News of a model, in a transaction of its own. */
    publish: (name: string, id = ids.next('evt')) =>
      sql.transaction((tx) =>
        webhooks.publish(tx, {
          id,
          workspace: someone.workspace,
          at: clock.now(),
          event: 'registered_model.created',
          data: { name, tags: {}, description: null },
        }),
      ),
    async close() {
      await jobs.stop();
      await sql.close();
    },
  };
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

/** A receiver on loopback. `answer` says what it answers; undefined: nothing at all. */
export async function startReceiver(
  answer: (received: Received, count: number) => Answer | undefined = () => ({ status: 200 }),
) {
  const got: Received[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = {
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    got.push(received);
    const answered = answer(received, got.length);
    if (answered === undefined) return;
    response.writeHead(answered.status, answered.headers).end(answered.body ?? 'ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test that failed before it closed its receiver ends all the same.
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const { port } = address;
  return {
    got,
    port,
    url: `http://127.0.0.1:${port}/hook`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits until something is so; the test's own time limit ends waiting for what never comes. */
export async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await sleep(10);
}
