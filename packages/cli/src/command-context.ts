import type { EsteiraClient } from '@esteira/sdk';
import type { Output } from './output.ts';

/** What every command is given; nothing else of the process is touched. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly client: () => EsteiraClient;
  readonly output: () => Output;
  readonly isTerminal: boolean;
}
