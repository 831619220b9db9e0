import { api } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { exitCodes } from '../../exit-code.ts';
import { readDocument, saveBytes } from '../../files.ts';
import { followJob } from '../../follow/follow-job.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, number, plain, shortDigest, time } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';
import { describeValidation } from './describe-validation.ts';

type Version = Awaited<ReturnType<EsteiraClient['datasets']['getVersion']>>;
type Split = Awaited<ReturnType<EsteiraClient['datasets']['getSplit']>>;
type Recipe = RequestBody<EsteiraClient['datasets']['split']>;

/** The verbs of `esteira datasets` about versions, validation runs and splits. */
export function addVersionCommands(datasets: Command, context: CommandContext): void {
  addPagedListing(datasets, context, {
    command: 'versions <name>',
    summary: api.datasets.listVersions.summary,
    read: (name: string, query: PageFlags) =>
      context.client().datasets.listVersions({ params: { name }, query }),
    columns: {
      version: (version) => String(version.number),
      id: (version) => version.id,
      rows: (version) => number(version.rows),
      size: (version) => bytes(version.size),
      origin: (version) => version.origin,
      digest: (version) => shortDigest(version.digest),
      created: (version) => time(version.createdAt),
    },
  });

  datasets
    .command('version <id>')
    .description(api.datasets.getVersion.summary)
    .action(async (id: string) => {
      const version = await context.client().datasets.getVersion({ params: { id } });
      context.output().result(version, describeVersion(version));
    });

  datasets
    .command('preview <version>')
    .description(api.datasets.preview.summary)
    .option('--rows <n>', 'at most this many', parseInteger, 20)
    .action(async (id: string, query: { rows: number }) => {
      const preview = await context.client().datasets.preview({ params: { id }, query });
      const columns = Object.fromEntries(
        preview.columns.map(({ name }) => [name, (row: (typeof preview.rows)[number]) => plain(row[name])]),
      );
      context.output().result(preview, table(preview.rows, columns));
    });

  datasets
    .command('download <version>')
    .description(api.datasets.download.summary)
    .requiredOption('-o, --out <file>', 'where to save it')
    .action(async (id: string, { out }: { out: string }) => {
      const size = await saveBytes(await context.client().datasets.download({ params: { id } }), out);
      context.output().result({ file: out, bytes: size }, `saved ${out}: ${bytes(size)}`);
    });

  addPagedListing(datasets, context, {
    command: 'validations <name>',
    summary: api.datasets.listValidationRuns.summary,
    read: (name: string, query: PageFlags) =>
      context.client().datasets.listValidationRuns({ params: { name }, query }),
    columns: {
      id: (run) => run.id,
      outcome: (run) => run.outcome,
      'failed checks': (run) => number(run.failedChecks),
      'failing rows': (run) => number(run.failingRows),
      rows: (run) => number(run.rows),
      contract: (run) => String(run.contractVersion),
      at: (run) => time(run.at),
    },
  });

  datasets
    .command('validation <id>')
    .description(`${api.datasets.getValidationRun.summary} Exit code 3 when it refused the data.`)
    .action(async (id: string) => {
      const run = await context.client().datasets.getValidationRun({ params: { id } });
      context.output().result(run, describeValidation(run));
      if (run.outcome === 'refused') context.exitWith(exitCodes.refused);
    });

  datasets
    .command('split <version> <file>')
    .description(
      `${api.datasets.split.summary} The YAML file holds the recipe: timeColumn, trainUntil, seed, ….`,
    )
    .option('--no-wait', 'return the job at once')
    .action(async (id: string, file: string, { wait }: { wait: boolean }) => {
      const body = await readDocument<Recipe>(context, file);
      const { jobId } = await context.client().datasets.split({ params: { id }, body });
      if (!wait) {
        context.output().result({ jobId }, `job ${jobId}`);
        return;
      }
      const { result } = await followJob(context, jobId);
      const { splitId } = result as { splitId: string };
      const split = await context.client().datasets.getSplit({ params: { id: splitId } });
      context.output().result(split, describeSplit(split));
    });

  datasets
    .command('show-split <id>')
    .description(api.datasets.getSplit.summary)
    .action(async (id: string) => {
      const split = await context.client().datasets.getSplit({ params: { id } });
      context.output().result(split, describeSplit(split));
    });
}

function describeVersion(version: Version): string {
  const { validation } = version;
  return paragraphs(
    facts([
      ['version', `${version.dataset} ${version.number}, ${version.id}`],
      ['rows', number(version.rows)],
      ['size', bytes(version.size)],
      ['digest', version.digest],
      ['made from', version.parents.map(({ kind, id }) => `${kind} ${id}`).join('\n')],
      ['description', version.description],
      [
        'validation',
        validation
          ? `${validation.outcome} by contract version ${validation.contractVersion}, ${validation.id}`
          : 'none',
      ],
      ['created', `${time(version.createdAt)} by ${version.createdBy}`],
    ]),
    table(version.profile, {
      column: (column) => column.name,
      type: (column) => column.type,
      nulls: (column) => number(column.nulls),
      distinct: (column) => number(column.distinct),
      min: (column) => number(column.min),
      median: (column) => number(column.quantiles?.['0.5']),
      mean: (column) => number(column.mean),
      max: (column) => number(column.max),
    }),
  );
}

function describeSplit(split: Split): string {
  const { train, validation, test } = split.parts;
  const parts = [
    { name: 'train', ...train },
    ...(validation ? [{ name: 'validation', ...validation }] : []),
    { name: 'test', ...test },
  ];
  const { sharedRows, timeOverlap, groupOverlap } = split.leakage;
  return paragraphs(
    facts([
      ['split', split.id],
      ['of', split.datasetVersionId],
      ['digest', split.digest],
      ['seed', String(split.recipe.seed)],
      [
        'leakage',
        `${number(sharedRows)} shared rows, ${timeOverlap ? 'TIME OVERLAPS' : 'no overlap in time'}${groupOverlap === null ? '' : `, ${number(groupOverlap)} shared groups`}`,
      ],
    ]),
    table(parts, {
      part: (part) => part.name,
      rows: (part) => number(part.rows),
      from: (part) => time(part.firstTime),
      to: (part) => time(part.lastTime),
      digest: (part) => shortDigest(part.digest),
    }),
  );
}
