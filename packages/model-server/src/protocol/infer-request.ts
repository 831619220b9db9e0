import type { ModelStream } from '../engine/model-stream.ts';
import type { InferenceError } from '../inference-error.ts';
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
  /** For each row as JSON, where the online features came from that filled it; absent where none did. */
  readonly online?: readonly string[];
  /** Why the model may have to do without what it needs: when it cannot, this is the reason, and the fallback is asked. */
  readonly doubt?: InferenceError;
  /** The answer may come in pieces: `opened` holds what comes after the first, once a model that does so was asked. */
  readonly stream?: { opened?: ModelStream };
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
