import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { parseInteger } from './option-values.ts';
import { type Columns, table } from './output.ts';

export interface PageFlags {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Listing<Given extends readonly unknown[], Row> {
  /** The command's words below its parent, with arguments: `list`, `versions <name>`. */
  readonly command: string;
  readonly summary: string;
  /** Asks the server. Given are the command's arguments and then its options. */
  read(...given: Given): Promise<{
    readonly items: readonly Row[];
    readonly nextCursor?: string | undefined;
  }>;
  /** What people see of each; scripts get the answer as it is. */
  readonly columns: Columns<Row> | ((...given: Given) => Columns<Row>);
}

/** A command that lists everything at once. Further options are added to what comes back. */
export function addListing<Given extends readonly unknown[], Row>(
  parent: Command,
  context: CommandContext,
  listing: Listing<Given, Row>,
): Command {
  return parent
    .command(listing.command)
    .description(listing.summary)
    .action(async (...given: unknown[]) => {
      // Behind the arguments and the options stands the command itself.
      const words = given.slice(0, -1) as unknown as Given;
      const page = await listing.read(...words);
      const columns = typeof listing.columns === 'function' ? listing.columns(...words) : listing.columns;
      const more = page.nextCursor === undefined ? '' : `\nmore: --cursor ${page.nextCursor}`;
      context.output().result(page, table(page.items, columns) + more);
    });
}

/** A command that lists a page at a time, with the two options of every such list. */
export function addPagedListing<Given extends readonly unknown[], Row>(
  parent: Command,
  context: CommandContext,
  listing: Listing<Given, Row>,
): Command {
  return addListing(parent, context, listing)
    .option('--limit <n>', 'at most this many, 1 to 1000', parseInteger)
    .option('--cursor <cursor>', 'go on where the page before ended');
}
