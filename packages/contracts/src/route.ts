import type { z } from 'zod';
import type { Permission } from './permissions.ts';

/** Who may call a route: one permission, any signed-in principal (`self`), or nobody in particular (`open`). */
export type RouteAccess = Permission | 'self' | 'open';

/** The one description of an HTTP operation: server, SDK, CLI, OpenAPI and documents derive from it. */
export interface RouteDefinition {
  /** `room.verb`, unique and permanent: `datasets.ingest`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `:name` parameters, always below `/api/v1`. */
  readonly path: string;
  readonly access: RouteAccess;
  /** One sentence for people. */
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A JSON body, or `stream` for raw bytes that are never buffered whole. */
  readonly body?: z.ZodType | 'stream';
  /** A JSON response, or `stream` for raw bytes. */
  readonly response: z.ZodType | 'stream';
  /** Of a JSON body; 1 MiB unless given. */
  readonly maximumBytes?: number;
  /** Success status; 200 unless given. */
  readonly status?: 200 | 201 | 202;
}

/** Checks the shape at compile time and keeps the literal types for the typed client. */
export function route<const T extends RouteDefinition>(definition: T): T {
  return definition;
}

type PartInput<T, K extends string> = K extends keyof T
  ? T[K] extends z.ZodType
    ? object extends z.input<T[K]>
      ? { [P in K]?: z.input<T[K]> }
      : { [P in K]: z.input<T[K]> }
    : T[K] extends 'stream'
      ? { [P in K]: AsyncIterable<Uint8Array> }
      : unknown
  : unknown;

type PartOutput<T, K extends string> = K extends keyof T
  ? T[K] extends z.ZodType
    ? { [P in K]: z.output<T[K]> }
    : T[K] extends 'stream'
      ? { [P in K]: AsyncIterable<Uint8Array> }
      : unknown
  : unknown;

/** What a client passes: `{ params, query, body }`, each only where the route has it. */
export type RouteInput<T extends RouteDefinition> = PartInput<T, 'params'> &
  PartInput<T, 'query'> &
  PartInput<T, 'body'>;

/** What a handler receives: the same parts after parsing, defaults filled in. */
export type RouteRequest<T extends RouteDefinition> = PartOutput<T, 'params'> &
  PartOutput<T, 'query'> &
  PartOutput<T, 'body'>;

/** What a handler returns: the response before serialisation. */
export type RouteReply<T extends RouteDefinition> = T['response'] extends z.ZodType
  ? z.input<T['response']>
  : StreamReply;

/** What a client gets back. */
export type RouteOutput<T extends RouteDefinition> = T['response'] extends z.ZodType
  ? z.output<T['response']>
  : AsyncIterable<Uint8Array>;

/** A raw answer: bytes with their type, and a file name when it is a download. */
export interface StreamReply {
  readonly contentType: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly size?: number;
  readonly fileName?: string;
  /** The caller is sent there instead, once; the bytes are not read. */
  readonly redirect?: string;
}
