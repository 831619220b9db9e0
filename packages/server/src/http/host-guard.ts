import { isIP } from 'node:net';
import type { Config } from '@esteira/contracts';
import type { FastifyInstance } from 'fastify';
import { esteiraError } from '../kernel/errors.ts';

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/** Refuses to listen where tokens would cross a network in the clear. Throws EXPOSED_WITHOUT_TLS. */
export function requireProtectedAddress(config: Config): void {
  const safe = loopback.has(config.host) || config.host.startsWith('127.');
  if (!safe && config.tlsCert === undefined && !config.trustedProxy) {
    throw esteiraError('EXPOSED_WITHOUT_TLS', { host: config.host });
  }
}

/** Answers only for known host names (DNS rebinding) and refuses state-changing calls from foreign origins. */
export function guardHosts(app: FastifyInstance, config: Config): void {
  const known = new Set([...loopback, config.host, ...config.allowedHosts]);
  if (config.publicUrl) known.add(new URL(config.publicUrl).hostname);
  app.addHook('onRequest', async (request) => {
    const name = hostName(request.headers.host ?? '');
    if (!known.has(name) && !isOwnAddress(name, config.host))
      throw esteiraError('HOST_NOT_ALLOWED', { host: name.slice(0, 100) });
    const { origin } = request.headers;
    if (origin === undefined || request.method === 'GET' || request.method === 'HEAD') return;
    if (hostName(origin.replace(/^[a-z]+:\/\//, '')) !== name) throw esteiraError('CSRF_FAILED');
  });
}

/** Bound to every address, the machine answers under any of its own numbers; names still have to be declared. */
function isOwnAddress(name: string, host: string): boolean {
  return (host === '0.0.0.0' || host === '::') && isIP(name) !== 0;
}

function hostName(header: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(header)?.[1];
  return (bracketed ?? header.replace(/:\d+$/, '')).toLowerCase();
}
