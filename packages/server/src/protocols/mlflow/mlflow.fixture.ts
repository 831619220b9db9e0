import type { LightMyRequestResponse } from 'fastify';
import { openWire } from '../../http/wire.fixture.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { WireRoute } from '../../kernel/wire-route.ts';
import { ana } from '../../tracking/tracking.fixture.ts';
import { refuseAsMlflow } from './refuse-as-mlflow.ts';

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose workspace; that of Ana unless given. */
  readonly workspace?: string;
}

/** Routes of the protocol behind HTTP, in the name of Ana or of whoever is given; who is let in is the business of others. */
export async function openMlflow(routes: readonly WireRoute[], caller: RequestContext = ana) {
  const wire = {
    name: 'mlflow',
    prefixes: ['/api/2.0/', '/api/3.0/', '/ajax-api/'],
    routes,
    refuse: refuseAsMlflow,
  };
  const app = await openWire(wire, caller);

  async function send(
    method: WireRoute['method'],
    url: string,
    { body, headers = {}, workspace }: Sent = {},
  ): Promise<LightMyRequestResponse> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    return await app.inject({
      method,
      url,
      headers: { ...headers, ...(workspace === undefined ? {} : { 'x-workspace': workspace }) },
      ...(body === undefined ? {} : { payload: raw ? body : JSON.stringify(body) }),
    });
  }

  return {
    send,
    /** The answer to a call that must succeed. */
    async call<R = Record<string, unknown>>(
      method: WireRoute['method'],
      url: string,
      sent: Sent = {},
    ): Promise<R> {
      const answer = await send(method, url, sent);
      if (answer.statusCode !== 200) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`);
      return answer.json<R>();
    },
    /** Its status and error code. */
    async refused(method: WireRoute['method'], url: string, sent: Sent = {}): Promise<string> {
      const answer = await send(method, url, sent);
      return `${answer.statusCode} ${answer.json<{ error_code?: string }>().error_code}`;
    },
    /** For clients that need a socket. */
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
    close: () => app.close(),
  };
}
