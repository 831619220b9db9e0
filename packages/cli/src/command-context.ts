import type { Readable } from 'node:stream';
import type { EsteiraClient } from '@esteira/sdk';
import type { ExitCode } from './exit-code.ts';
import type { Output } from './output.ts';

/** What every command is given; nothing else of the process is touched. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly client: () => EsteiraClient;
  /** Address of the control plane, without a slash at the end. */
  readonly serverUrl: () => string;
  readonly output: () => Output;
  /** Somebody sees standard output. */
  readonly isTerminal: boolean;
  readonly input: Readable;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** Asks a person for y or n. Throws a usage error where nobody can answer. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Sets the exit code of a command that worked but whose answer is no. */
  readonly exitWith: (code: ExitCode) => void;
}
