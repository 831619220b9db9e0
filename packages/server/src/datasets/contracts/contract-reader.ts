import type { Check } from './contract-rules.ts';

/** Collects what the readers of the parts of a contract find. */
export interface ContractReader {
  readonly checks: Check[];
  readonly documented: string[];
  error(path: string, message: string): void;
  note(path: string, message: string): void;
}
