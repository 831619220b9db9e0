import type { Tensor } from './tensor.ts';

/** An inference request, whatever wire it came by. */
export interface InferRequest {
  readonly id?: string;
  readonly inputs: readonly Tensor[];
  readonly outputs?: readonly RequestedOutput[];
  /** `entity_key` and `event_time` (ms) are read: one value, or one per row. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Every output as bytes, unless it says otherwise. */
  readonly binaryOutputs: boolean;
  /** The form of the answer, in the words of the wire that read the request and will write it. */
  readonly form?: string;
}

export interface RequestedOutput {
  readonly name: string;
  readonly binary?: boolean;
}

/** The answer to one, whatever wire it leaves by. */
export interface InferAnswer {
  readonly model: string;
  readonly version: string | undefined;
  readonly id: string | undefined;
  readonly parameters: Readonly<Record<string, string | boolean | number>>;
  readonly outputs: readonly Tensor[];
}
