import { api, type IngestResult } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { exitCodes } from '../../exit-code.ts';
import { fileNameOf, openBytes } from '../../files.ts';
import { followJob } from '../../follow/follow-job.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, number, shortDigest, time } from '../../number-text.ts';
import { facts } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';
import { describeValidation } from './describe-validation.ts';

interface IngestFlags {
  readonly file?: string[];
  readonly window?: string;
  readonly from?: string;
  readonly to?: string;
  readonly contract?: string;
  readonly deduplicate?: true;
  readonly wait: boolean;
}

/** `esteira datasets`: from a landed file to a validated version. */
export function addDatasetsCommand(program: Command, context: CommandContext): Command {
  const datasets = program
    .command('datasets')
    .description('Datasets: landed files, validated versions, splits');

  addPagedListing(datasets, context, {
    command: 'list',
    summary: api.datasets.list.summary,
    read: (query: PageFlags & { project?: string }) => context.client().datasets.list({ query }),
    columns: {
      name: (dataset) => dataset.name,
      project: (dataset) => dataset.project ?? '-',
      version: (dataset) => number(dataset.latestVersion?.number),
      rows: (dataset) => number(dataset.latestVersion?.rows),
      contract: (dataset) => number(dataset.contractVersion),
      'version id': (dataset) => dataset.latestVersion?.id ?? '-',
    },
  }).option('--project <name>', 'of one project');

  datasets
    .command('create <name>')
    .description(api.datasets.create.summary)
    .option('--project <name>', 'the project it belongs to')
    .option('--description <text>', 'what it holds', '')
    .action(async (name: string, flags: { project?: string; description: string }) => {
      const dataset = await context.client().datasets.create({ body: { name, ...flags } });
      context.output().result(dataset, `created the dataset ${dataset.name}`);
    });

  datasets
    .command('show <name>')
    .description(api.datasets.get.summary)
    .action(async (name: string) => {
      const dataset = await context.client().datasets.get({ params: { name } });
      const { latestVersion } = dataset;
      const text = facts([
        ['dataset', dataset.name],
        ['project', dataset.project ?? '-'],
        ['description', dataset.description],
        ['contract', dataset.contractVersion === undefined ? 'none' : `version ${dataset.contractVersion}`],
        [
          'latest version',
          latestVersion
            ? `${latestVersion.number}: ${number(latestVersion.rows)} rows, ${latestVersion.id}`
            : 'none',
        ],
        ['created', `${time(dataset.createdAt)} by ${dataset.createdBy}`],
      ]);
      context.output().result(dataset, text);
    });

  datasets
    .command('land <name> <file>')
    .description(`${api.datasets.landFile.summary} The file - is standard input.`)
    .option('--name <fileName>', 'name to keep the file under')
    .action(async (name: string, file: string, flags: { name?: string }) => {
      const landed = await context.client().datasets.landFile({
        params: { name },
        query: { fileName: flags.name ?? fileNameOf(file) },
        body: await openBytes(context, file),
      });
      const text = `landed ${landed.fileName} as ${landed.id}: ${number(landed.rows)} rows, ${bytes(landed.size)}, ${shortDigest(landed.digest)}`;
      context.output().result(landed, text);
    });

  addPagedListing(datasets, context, {
    command: 'files <name>',
    summary: api.datasets.listFiles.summary,
    read: (name: string, query: PageFlags) =>
      context.client().datasets.listFiles({ params: { name }, query }),
    columns: {
      id: (file) => file.id,
      file: (file) => file.fileName,
      format: (file) => file.format,
      rows: (file) => number(file.rows),
      size: (file) => bytes(file.size),
      landed: (file) => time(file.landedAt),
      digest: (file) => shortDigest(file.digest),
    },
  });

  datasets
    .command('ingest <name>')
    .description(`${api.datasets.ingest.summary} Exit code 3 when the contract refuses the data.`)
    .option('--file <id...>', 'landed files; all of them unless given')
    .option('--window <column>', 'only rows whose column lies between --from and --to')
    .option('--from <value>', 'the first value inside the window')
    .option('--to <value>', 'the first value outside the window')
    .option('--contract <version>', "a number, latest or none; the dataset's contract unless given")
    .option('--deduplicate', 'remove rows that are equal to another in every column')
    .option('--no-wait', 'return the job at once')
    .action(async (name: string, flags: IngestFlags) => {
      const { jobId } = await context.client().datasets.ingest({ params: { name }, body: ingestBody(flags) });
      if (!flags.wait) {
        context.output().result({ jobId }, `job ${jobId}`);
        return;
      }
      const job = await followJob(context, jobId);
      await printOutcome(job.result as unknown as IngestResult);
    });

  async function printOutcome(result: IngestResult): Promise<void> {
    const { outcome, versionId, validationRunId, duplicatesRemoved, rowsOutsideWindow, isNew } = result;
    if (outcome === 'created' && versionId !== undefined) {
      const version = await context.client().datasets.getVersion({ params: { id: versionId } });
      const notes = `${number(duplicatesRemoved)} duplicates removed, ${number(rowsOutsideWindow)} rows outside the window`;
      const text = `${isNew ? 'created' : 'already there:'} version ${version.number} ${version.id}: ${number(version.rows)} rows, ${shortDigest(version.digest)} (${notes})`;
      context.output().result(result, text);
      return;
    }
    context.exitWith(exitCodes.refused);
    if (validationRunId === undefined) {
      context.output().result(result, 'refused');
      return;
    }
    const run = await context.client().datasets.getValidationRun({ params: { id: validationRunId } });
    context.output().result({ ...result, validation: run }, describeValidation(run));
  }

  return datasets;
}

function ingestBody(
  flags: IngestFlags,
): RequestBody<ReturnType<CommandContext['client']>['datasets']['ingest']> {
  if (flags.window === undefined && (flags.from !== undefined || flags.to !== undefined)) {
    throw usageError('--from and --to belong to --window.', 'name the column: --window <column>');
  }
  return {
    ...(flags.file ? { files: flags.file } : {}),
    ...(flags.window === undefined
      ? {}
      : {
          window: {
            column: flags.window,
            ...(flags.from === undefined ? {} : { from: boundOf(flags.from) }),
            ...(flags.to === undefined ? {} : { to: boundOf(flags.to) }),
          },
        }),
    ...(flags.contract === undefined ? {} : { contract: contractOf(flags.contract) }),
    deduplicate: flags.deduplicate ?? false,
  };
}

function boundOf(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function contractOf(text: string): number | 'latest' | 'none' {
  if (text === 'latest' || text === 'none') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw usageError('--contract takes a number, latest or none.');
}
