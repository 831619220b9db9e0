import type { Socket } from 'node:net';
import type { HeaderField } from './hpack-decoder.ts';
import type { AnswerField } from './hpack-encoder.ts';

/** One request on its way to one answer. */
export interface Http2Stream {
  /** To be asked by `fieldOf`; pseudo-headers have their colon. */
  readonly headers: readonly HeaderField[];
  readonly socket: Socket;
  /** The caller has said all. */
  readonly ended: boolean;
  /** Nothing can be answered any longer. */
  readonly closed: boolean;
  /** The answer has begun. */
  readonly answered: boolean;
  listener: StreamListener;
  /** The caller may send as many bytes more as were taken. */
  credit(bytes: number): void;
  /** Begins the answer, once; `last`: it is all there is. */
  answer(fields: readonly AnswerField[], last?: boolean): void;
  write(bytes: Buffer): void;
  /** Resolves when what was written is on its way, or nobody waits for it. */
  written(): Promise<void>;
  /** Ends the answer behind what was written. */
  end(trailers: readonly AnswerField[]): void;
  reset(code: number): void;
}

export interface StreamListener {
  data(bytes: Buffer): void;
  /** No more data comes. */
  end(): void;
  /** Both sides are through, or the stream or its connection broke off. Once. */
  closed(): void;
}

/** What a stream keeps for its connection. */
export interface StreamState extends Http2Stream {
  readonly id: number;
  /** Bytes that may be sent, and that may come. */
  sendWindow: number;
  receiveWindow: number;
  /** Taken, but not yet told to the caller. */
  taken: number;
  /** Came, but not yet taken. */
  untaken: number;
  /** Of the header that announced it; undefined where it is not known. */
  readonly announced: number | undefined;
  came: number;
  /** What waits for a window. */
  queue: Buffer[] | undefined;
  trailers: readonly AnswerField[] | undefined;
  waiting: (() => void)[] | undefined;
  ended: boolean;
  closed: boolean;
  answered: boolean;
}
