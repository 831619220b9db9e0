import { isIP, isIPv4 } from 'node:net';
import type { Config } from '@esteira/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { esteiraError } from '../kernel/errors.ts';

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/** Refuses to listen where tokens would cross a network in the clear. Throws EXPOSED_WITHOUT_TLS. */
export function requireProtectedAddress(config: Pick<Config, 'host' | 'tlsCert' | 'trustedProxy'>): void {
  const { host } = config;
  const safe = loopback.has(host) || (isIPv4(host) && host.startsWith('127.'));
  if (!safe && config.tlsCert === undefined && !config.trustedProxy) {
    throw esteiraError('EXPOSED_WITHOUT_TLS', { host });
  }
}

/** Answers only for known host names (DNS rebinding) and refuses state-changing calls from foreign origins. */
export function guardHosts(app: FastifyInstance, config: Config): void {
  const publicHost = config.publicUrl === undefined ? undefined : new URL(config.publicUrl).host;
  const known = new Set([...loopback, ...[config.host, ...config.allowedHosts].map(lowerCase)]);
  if (publicHost !== undefined) known.add(hostName(publicHost));
  app.addHook('onRequest', (request, _reply, done) => {
    assertKnown(request);
    done();
  });

  function assertKnown(request: FastifyRequest): void {
    const host = lowerCase(request.headers.host ?? '');
    const name = hostName(host);
    if (!known.has(name) && !isOwnAddress(name, config.host))
      throw esteiraError('HOST_NOT_ALLOWED', { host: host.slice(0, 100) });
    const { origin } = request.headers;
    if (origin === undefined || request.method === 'GET' || request.method === 'HEAD') return;
    // A proxy may put another host into the request than the one people see, so the public address counts too. Another
    // port is another origin: a notebook server on this machine is a stranger.
    const sender = lowerCase(origin.replace(/^https?:\/\//i, ''));
    if (sender !== host && sender !== publicHost) throw esteiraError('CSRF_FAILED');
  }
}

/** Bound to every address, the machine answers under any of its own numbers; names still have to be declared. */
function isOwnAddress(name: string, host: string): boolean {
  return (host === '0.0.0.0' || host === '::') && isIP(name) !== 0;
}

/** The name in `name:port` or `[address]:port`; anything else stays as it is, and so is known to nobody. */
function hostName(host: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
