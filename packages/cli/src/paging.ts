import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { parseInteger } from './option-values.ts';
import { type Columns, table } from './output.ts';

export interface PageFlags {
  readonly limit?: number;
  readonly cursor?: string;
}

/** Adds the two options of every list. */
export function addPaging(command: Command): Command {
  return command
    .option('--limit <n>', 'at most this many, 1 to 1000', parseInteger)
    .option('--cursor <cursor>', 'go on where the page before ended');
}

/** Prints one page as a table, and how to get the next. */
export function printPage<Row>(
  context: CommandContext,
  page: { readonly items: readonly Row[]; readonly nextCursor?: string | undefined },
  columns: Columns<Row>,
): void {
  const more = page.nextCursor === undefined ? '' : `\nmore: --cursor ${page.nextCursor}`;
  context.output().result(page, table(page.items, columns) + more);
}
