import type { JsonValue } from '@esteira/contracts';
import type { Tokens } from './span-facts.ts';

export const traceStates = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const;
export type TraceState = (typeof traceStates)[number];

/** What is known of a trace as a whole. */
export interface Trace {
  /** As its client made it: `tr-` and 32 hexadecimal characters, of old clients these alone. */
  readonly id: string;
  readonly experimentId: string;
  /** Milliseconds since 1970. */
  readonly requestedAt: number;
  readonly durationMs?: number;
  readonly state: TraceState;
  readonly name?: string;
  readonly clientRequestId?: string;
  readonly requestPreview?: string;
  readonly responsePreview?: string;
  readonly tokens?: Tokens;
  /** Its spans are kept here; those of very old clients are a file. */
  readonly spansStored: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a client tells of a whole trace when it has ended. */
export interface ToldTrace {
  readonly id: string;
  readonly experimentId: string;
  readonly requestedAt: number;
  readonly durationMs?: number;
  readonly state: TraceState;
  readonly name?: string;
  readonly clientRequestId?: string;
  readonly requestPreview?: string;
  readonly responsePreview?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly assessments: readonly Assessment[];
  /** False for clients that keep the spans in a file. */
  readonly spansStored: boolean;
}

export type AssessmentKind = 'feedback' | 'expectation' | 'issue';

export interface AssessmentError {
  readonly code: string;
  readonly message?: string;
  readonly stackTrace?: string;
}

/** A judgement on a trace or one of its spans. */
export interface Assessment {
  readonly id: string;
  readonly kind: AssessmentKind;
  readonly name: string;
  readonly value: JsonValue;
  readonly error?: AssessmentError;
  readonly rationale?: string;
  readonly sourceType: string;
  readonly sourceId?: string;
  readonly spanId?: string;
  readonly runId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The assessment that this one stands in place of. */
  readonly overrides?: string;
  /** False once another stands in its place. */
  readonly valid: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Keys of metadata that the room itself reads or writes. */
export const metadataKeys = {
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokens: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  run: 'mlflow.sourceRun',
  sizes: 'mlflow.trace.sizeStats',
} as const;
