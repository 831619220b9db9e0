import type { ErrorTable } from './error-table.ts';

export const httpErrors = {
  UNAUTHENTICATED: {
    status: 401,
    what: 'The request carries no valid credentials.',
    why: 'There is no anonymous access; a token may also be expired or revoked.',
    todo: 'Sign in, or send a token: Authorization: Bearer <token>.',
  },
  FORBIDDEN: {
    status: 403,
    what: '{actor} may not do this: {permission} is missing.',
    why: 'None of the roles of this identity grants the permission.',
    todo: 'Ask an owner or administrator for a role that has it.',
  },
  CLIENT_GONE: {
    status: 499,
    what: 'The client closed the connection before the answer.',
    why: 'A wait was given up, or the client ended.',
    todo: 'Nothing; ask again if the answer is still wanted.',
  },
  CSRF_FAILED: {
    status: 403,
    what: 'The request did not come from the signed-in page.',
    why: 'A state-changing request with a session cookie must carry the x-esteira-csrf header of that session.',
    todo: 'Reload the page and try again; scripts use a token instead of a session.',
  },
  HOST_NOT_ALLOWED: {
    status: 421,
    what: 'This server does not answer for the host {host}.',
    why: 'Only known host names are served, so that a foreign page cannot reach the server under its own name.',
    todo: 'Add the name to --allowed-hosts or set --public-url.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    what: 'There is nothing at {method} {path}.',
    why: 'The path or the method is wrong.',
    todo: 'See docs/reference/api.md for every route.',
  },
  INVALID_REQUEST: {
    status: 400,
    what: 'The request is not valid: {problem}.',
    why: 'It does not match the schema of the route.',
    todo: 'Correct the named field; docs/reference/api.md describes it.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    what: 'The request body is larger than the {limit} bytes allowed here.',
    why: 'JSON bodies are held in memory and therefore bounded.',
    todo: 'Send less at once, or use the streaming upload of the same room.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    what: 'The content type {contentType} is not accepted here.',
    why: 'This route takes JSON, or raw bytes where it says so.',
    todo: 'Send Content-Type: application/json (or application/octet-stream for uploads).',
  },
  TOO_MANY_FAILURES: {
    status: 429,
    what: 'Too many attempts with a wrong token came from this address.',
    why: 'Whoever guesses is slowed down; the right token is not looked at meanwhile.',
    todo: 'Correct the token, and try again after {retryAfterSeconds} s.',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    what: 'More was asked at once than the {limit} requests that one caller may.',
    why: 'Each token, session and address of sign-ins has its own limit, so that one caller cannot hold up the others.',
    todo: 'Slow down and try again after {retryAfterSeconds} s.',
  },
  ADDRESS_UNAVAILABLE: {
    status: 500,
    what: 'The server cannot listen on {host}, port {port}: {problem}.',
    why: 'One process listens on an address and port, and only on addresses of its own machine.',
    todo: 'Choose another --port (0 takes any free one) or --host, or stop the process that listens there.',
  },
  EXPOSED_WITHOUT_TLS: {
    status: 500,
    what: 'Refusing to listen on {host}: connections would not be protected.',
    why: 'Beyond loopback, tokens and data would cross the network in the clear.',
    todo: 'Pass --tls-cert and --tls-key, or --trusted-proxy when a proxy in front ends TLS, or bind 127.0.0.1.',
  },
} as const satisfies ErrorTable;
