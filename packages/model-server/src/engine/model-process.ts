import type { Tensor } from '../protocol/tensor.ts';

/** A model in a process of its own: whatever it does with time or memory, it is ended and nothing else is harmed. */
export interface ModelProcess {
  readonly pid: number;
  /** Rejects when the model fails or the process ends. `ms` is the time the model took. */
  run(feeds: readonly Tensor[]): Promise<{ readonly outputs: readonly Tensor[]; readonly ms: number }>;
  ended(): boolean;
  /** Ends the process at once; questions that wait are rejected. */
  kill(): void;
}
