import { errorTable } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { facts, table } from '../../output.ts';

/** `esteira errors`: the error table, without a server. */
export function addErrorsCommand(program: Command, context: CommandContext): void {
  program
    .command('errors [code]')
    .description('Explain an error code; without one, list them all. Needs no server.')
    .action((code: string | undefined) => {
      const entries = Object.entries(errorTable).map(([name, entry]) => ({ code: name, ...entry }));
      if (code === undefined) {
        const text = table(entries, {
          code: (entry) => entry.code,
          status: (entry) => String(entry.status),
          what: (entry) => entry.what,
        });
        context.output().result(entries, text);
        return;
      }
      const entry = entries.find((candidate) => candidate.code === code.toUpperCase());
      if (!entry) throw usageError(`There is no error ${code}.`, 'list them: esteira errors');
      const text = facts([
        ['code', entry.code],
        ['status', String(entry.status)],
        ['what', entry.what],
        ['why', entry.why],
        ['do', entry.todo],
      ]);
      context.output().result(entry, text);
    });
}
