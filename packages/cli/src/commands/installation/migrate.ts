import { configSchema } from '@esteira/contracts';
import type { SchemaReport } from '@esteira/server';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';

interface MigrateFlags {
  readonly dryRun?: true;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

/** `esteira migrate`: the schema of the database, without a server. */
export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description(
      'Bring the schema of the database up to this release; `esteira serve` does the same at its start',
    )
    .option('--data-dir <value>', configSchema.shape.dataDir.description)
    .option('--database-url <value>', configSchema.shape.databaseUrl.description)
    .option('--dry-run', 'print the SQL that is due and change nothing')
    .action(async ({ dryRun, ...flags }: MigrateFlags) => {
      const { migrateDatabase } = await import('@esteira/server');
      const report = await migrateDatabase({
        flags,
        environment: context.environment,
        dryRun: dryRun === true,
      });
      context
        .output()
        .result(
          { ...report, dryRun: dryRun === true },
          dryRun === true ? describeDue(report) : describeApplied(report),
        );
    });
}

/** SQL that can be read, kept and run. */
function describeDue({ migrations }: SchemaReport): string {
  if (migrations.length === 0) return '-- Nothing is due: the schema is that of this release.';
  return migrations
    .map(({ name, breaking, statements }) =>
      [
        `-- ${name}${breaking ? ' (breaking: servers of the release before cannot run beside it)' : ''}`,
        ...statements,
      ].join('\n'),
    )
    .join('\n\n');
}

function describeApplied({ migrations }: SchemaReport): string {
  if (migrations.length === 0) return 'Nothing was due: the schema is that of this release.';
  return migrations.map(({ name }) => `applied ${name}`).join('\n');
}
