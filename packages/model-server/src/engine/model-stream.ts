import type { Tensor } from '../protocol/tensor.ts';

/** An answer that comes in pieces: each is made when it is asked for, so that nobody makes what nobody reads. */
export interface ModelStream {
  /**
   * The next piece, undefined at the end. Rejects with what the model raised, MODEL_TIMED_OUT when a piece takes too long;
   * the stream is over then.
   */
  next(): Promise<ReadonlyMap<string, Tensor> | undefined>;
  /** Nobody reads any more: the model is told, and ended when it does not listen. */
  cancel(): void;
}
