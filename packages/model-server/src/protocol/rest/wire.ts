import type { IncomingHttpHeaders } from 'node:http';
import type { ErrorCode, KeyPermission } from '@esteira/contracts';
import type { EndpointState } from '../../engine/endpoint-state.ts';
import type { EndpointCounts } from '../../fleet/fleet-counts.ts';
import type { ServedEndpoints } from '../../sync/apply-snapshot.ts';
import type { EntityFeatures } from '../../sync/entity-features.ts';
import type { Admission } from '../access.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';

/**
 * A protocol as it is spoken here: its routes, and the form of its errors. The server that walks them keeps what is common:
 * keys, limits of bodies, the log of what was refused, the count of what goes on.
 */
export interface Wire {
  readonly name: string;
  readonly routes: readonly WireRoute[];
  /** An error in the protocol's own form. The text never holds more than the table of errors says. */
  refuse(failure: Failure): Reply;
}

interface Failure {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly instance: string;
}

/** What goes back: the body with its media type, and headers beside those of length and type. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Paths name segments as `{model}` and `{version}`, which stop at a slash and a colon. A route with `{model}` is of one
 * endpoint; one marked `only` is of the endpoint that the server serves when it serves no other.
 */
export type WireRoute = ProbeRoute | DocumentRoute | ModelRoute | InferRoute;

interface RoutePath {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What the key must be allowed beside asking for predictions. */
  readonly needs?: KeyPermission;
}

/** Open to everybody: a status and nothing else. */
interface ProbeRoute extends RoutePath {
  readonly kind: 'probe';
  readonly method: 'GET';
  answer(server: ServerView): Reply;
}

/** Of the server as the key may see it. A POST has a small body. */
interface DocumentRoute extends RoutePath {
  readonly kind: 'document';
  answer(call: DocumentCall): Reply | Promise<Reply>;
}

/** Of one endpoint, without asking its model. */
export interface ModelRoute extends RoutePath {
  readonly kind: 'model';
  readonly only?: true;
  answer(call: ModelCall): Reply | Promise<Reply>;
}

/**
 * A question to the model of an endpoint. `write` waits for nothing, and `read` for nothing but what is elsewhere, so
 * that an answer that is there at once leaves in the same turn of the event loop.
 */
export interface InferRoute extends RoutePath {
  /**
   * `stream`: the answer may come in pieces, each of them an event with the body that `write` gives. So may that of `infer`
   * where the request asks for it.
   */
  readonly kind: 'infer' | 'stream';
  /** Absent: an answer in pieces is asked for by the path, ends with its last piece, and breaks as the wire refuses. */
  readonly events?: EventWords;
  readonly method: 'POST';
  readonly only?: true;
  /** Whoever reaches it may ask, without a key: the contract that has it trusts its network. */
  readonly trusted?: true;
  /** Throws INVALID_INFERENCE_REQUEST and its like, which are logged as refused. */
  read(body: Buffer, call: ModelCall): InferRequest | Promise<InferRequest>;
  write(answer: InferAnswer, request: InferRequest, call: ModelCall): Reply;
}

/** How a protocol asks for an answer in pieces in the body of a question, and ends it. */
interface EventWords {
  /** A text that is in every body which asks for one, and perhaps in others. */
  readonly askedBy: string;
  /** The data of the event behind the last piece, and behind what broke. */
  readonly last: string;
  /** The data of the event that says what broke. */
  refuse(failure: Failure): string;
}

/** What a document may say of the server. */
interface ServerView {
  readonly endpoints: ServedEndpoints;
  readonly ready: () => boolean;
  /** Counts of all endpoints, by every process that shares the port. */
  readonly counts: () => Promise<EndpointCounts>;
  /** Absent: there is no feature store to ask. */
  readonly features?: EntityFeatures;
}

export interface DocumentCall {
  readonly server: ServerView;
  readonly admission: Admission;
  /** Named in the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Empty where the route is a GET. */
  readonly body: Buffer;
}

export interface ModelCall {
  readonly server: ServerView;
  readonly admission: Admission;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly endpoint: EndpointState;
  /** The version the caller chose, which is served. */
  readonly version: string | undefined;
}

const json = 'application/json';

/** A document as JSON. */
export function jsonReply(document: unknown, status = 200): Reply {
  return { status, type: json, body: JSON.stringify(document) };
}
