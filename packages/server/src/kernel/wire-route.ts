import type { IncomingHttpHeaders } from 'node:http';
import type { RouteAccess } from '@esteira/contracts';
import type { RequestContext } from './actor.ts';

/** A foreign protocol over HTTP: its routes, and how it says no. */
export interface Wire {
  readonly name: string;
  /** Beginnings of paths that are the protocol's: what is asked for below them and is not there, it refuses itself. */
  readonly prefixes: readonly string[];
  readonly routes: readonly WireRoute[];
  /** The protocol's own answer to an error; `instance` finds its cause in the log, the headers are those of the request. */
  refuse(error: unknown, instance: string, headers: IncomingHttpHeaders): WireAnswer;
}

/**
 * A route in the words of its protocol, which no contract of ours describes: it reads and checks its own requests. `body`
 * says how they are handed over: parsed JSON, a stream of bytes, or not at all.
 */
export interface WireRoute {
  /** A GET answers HEAD as well, with all its work done in vain, unless a HEAD of the same path comes before it. */
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for a segment and a last `*` for the rest. */
  readonly path: string;
  readonly access: RouteAccess;
  readonly body: 'none' | 'json' | 'bytes';
  handle(request: WireRequest, signal: AbortSignal): Promise<WireAnswer>;
}

export interface WireRequest {
  /** Decoded once; the rest of a path with `*` has the name `*`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: IncomingHttpHeaders;
  /** The address that the caller reached the server by: `https://esteira.example`. */
  readonly origin: string;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
  /** The JSON as it was written; empty without a body. */
  readonly text: () => string;
  /** The body as it arrives. Empty unless the route asks for bytes. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Who asks; undefined on routes with the access `open`. */
  readonly context: RequestContext | undefined;
}

export interface WireAnswer {
  /** 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes go as they are, a stream as it comes, everything else as JSON. */
  readonly body?: unknown;
}
