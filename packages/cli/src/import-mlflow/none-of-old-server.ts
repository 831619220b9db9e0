import { CommandError } from '../command-error.ts';

/** An empty answer of a server that knows no such call, or whose store keeps no such things; other errors are thrown on. */
export function noneOfOldServer(error: unknown): Readonly<Record<string, undefined>> {
  if (error instanceof CommandError && /^(404|501):|FEATURE_DISABLED/.test(error.why)) return {};
  throw error;
}
