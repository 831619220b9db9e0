import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { tokenOf } from '../../connection.ts';
import { exitCodes } from '../../exit-code.ts';
import type { ImportReport } from '../../import-mlflow/import-mlflow.ts';
import type { MlflowSource } from '../../import-mlflow/mlflow-source.ts';
import type { ImportTarget } from '../../import-mlflow/things-import.ts';
import { number } from '../../number-text.ts';
import { paragraphs, table } from '../../output.ts';

interface ImportFlags {
  readonly from: string;
  readonly artifactRoot?: string;
  readonly dryRun?: true;
}

const help = `
Of a live server: --from http(s)://host:port, signed in by MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD. Of a database: --from sqlite:////path/mlflow.db or postgresql://…, with --artifact-root.
May be broken off and begun again. Exit code 1 when both sides differ at the end.`;

/** `esteira import`: moves the history of another tracker in. */
export function addImportCommand(program: Command, context: CommandContext): void {
  program
    .command('import')
    .description('Move the history of another tracker in, under its ids and times; for owners')
    .command('mlflow')
    .description(
      'Import experiments, runs, models, artifacts, traces, evaluation datasets, scorers and webhooks of an MLflow, and compare both sides',
    )
    .requiredOption('--from <uri>', 'address of the MLflow server, or of its database')
    .option('--artifact-root <folder>', 'with a database: the folder of its artifacts')
    .option('--dry-run', 'count what there is and write nothing')
    .addHelpText('after', help)
    .action(async (flags: ImportFlags) => {
      const { importMlflow } = await import('../../import-mlflow/import-mlflow.ts');
      const source = await openSource(context, flags);
      try {
        const target = flags.dryRun === true ? undefined : await openTarget(context);
        const report = await importMlflow(source, target, followImport(context));
        show(context, report, flags.dryRun === true);
      } finally {
        await source.close();
      }
    });
}

async function openTarget(context: CommandContext): Promise<ImportTarget> {
  const { createMlflowRest } = await import('../../import-mlflow/mlflow-rest.ts');
  const environment = { MLFLOW_TRACKING_TOKEN: tokenOf(context.environment) };
  return {
    client: context.client(),
    rest: createMlflowRest(context.serverUrl(), environment, context.pause),
  };
}

async function openSource(context: CommandContext, flags: ImportFlags): Promise<MlflowSource> {
  const { from, artifactRoot } = flags;
  if (/^https?:/.test(from)) {
    if (!URL.canParse(from)) throw usageError(`${from} is no address.`, 'pass --from http://host:port');
    const { createMlflowRest } = await import('../../import-mlflow/mlflow-rest.ts');
    const { createRestSource } = await import('../../import-mlflow/rest-source.ts');
    return createRestSource(createMlflowRest(from, context.environment, context.pause), context.now());
  }
  if (!/^(sqlite|postgres(ql)?(\+\w+)?):/.test(from))
    throw usageError(
      `${from} is no source that can be read.`,
      'pass --from http(s)://…, sqlite:///… or postgresql://…',
    );
  if (artifactRoot === undefined)
    throw usageError(
      'A database does not hold the artifacts.',
      'pass --artifact-root with the folder that MLflow keeps them in',
    );
  const { openDatabaseSource } = await import('../../import-mlflow/database-source.ts');
  return await openDatabaseSource(from, artifactRoot, context.now());
}

function followImport(context: CommandContext): (progress: { step: string; done: number }) => void {
  const output = context.output();
  const shown = new Map<string, number>();
  return ({ step, done }) => {
    shown.set(step, done);
    output.step({ step, done });
    output.live([Array.from(shown, ([name, count]) => `${number(count)} ${name}`).join(', ')]);
  };
}

function show(context: CommandContext, report: ImportReport, dryRun: boolean): void {
  const rows = report.rows.map(({ what, source, target, same }) =>
    dryRun ? { what, source } : { what, source, target, same },
  );
  const text = table(report.rows, {
    what: ({ what }) => what,
    MLflow: ({ source }) => number(source),
    ...(dryRun
      ? {}
      : {
          Esteira: ({ target }: ImportReport['rows'][number]) => number(target),
          verdict: ({ same }: ImportReport['rows'][number]) => (same ? 'equal' : 'DIFFERS'),
        }),
  });
  const { complete, problems, notes } = report;
  context
    .output()
    .result(
      { dryRun, complete, rows, problems, notes },
      paragraphs(text, notes.join('\n'), problems.join('\n')),
    );
  if (!complete) context.exitWith(exitCodes.failed);
}
