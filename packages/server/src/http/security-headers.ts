import type { FastifyInstance } from 'fastify';

/** Headers of every answer. The page loads nothing from elsewhere; Mantine sets styles inline. */
export const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export function setSecurityHeaders(app: FastifyInstance): void {
  // With a callback, as the other hooks that wait for nothing: a promise for each of them is much of a small request.
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.headers(securityHeaders);
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
}
