import { api, type JsonValue, type RunStatus, runStatuses } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { openBytes, saveBytes } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, plain, shortDigest, time } from '../../number-text.ts';
import { collectAssignment, parseInteger } from '../../option-values.ts';

type Values = Record<string, JsonValue>;

interface StartFlags {
  readonly experiment: string;
  readonly project?: string;
  readonly parent?: string;
  readonly commit?: string;
  readonly tag?: Values;
}

interface LogFlags {
  readonly param?: Values;
  readonly metric?: Values;
  readonly tag?: Values;
  readonly step?: number;
}

/** The verbs of `esteira runs` that write: for shell scripts, which have no client library. */
export function addRunRecordCommands(runs: Command, context: CommandContext): void {
  runs
    .command('start <name>')
    .description(api.tracking.startRun.summary)
    .requiredOption('--experiment <name>', 'made when it does not exist')
    .option('--project <name>', 'the project it belongs to')
    .option('--parent <run>', 'the run it is part of')
    .option('--commit <hash>', 'commit of the code')
    .option('--tag <name=value>', 'a tag; once for each', collectAssignment)
    .action(async (name: string, { experiment, project, parent, commit, tag }: StartFlags) => {
      const run = await context.client().tracking.startRun({
        body: {
          name,
          experiment,
          ...(project === undefined ? {} : { project }),
          ...(parent === undefined ? {} : { parentRunId: parent }),
          ...(commit === undefined ? {} : { source: { codeCommit: commit } }),
          tags: texts(tag),
        },
      });
      context.output().result(run, run.id);
    });

  runs
    .command('log <id>')
    .description(api.tracking.log.summary)
    .option('--param <name=value>', 'a parameter; once for each', collectAssignment)
    .option('--metric <name=value>', 'a metric point; once for each', collectAssignment)
    .option('--tag <name=value>', 'a tag; once for each', collectAssignment)
    .option('--step <n>', 'step of the metric points', parseInteger, 0)
    .action(async (id: string, { param, metric, tag, step = 0 }: LogFlags) => {
      const metrics = Object.entries(metric ?? {}).map(([name, value]) => ({
        name,
        value: metricValue(name, value),
        step,
      }));
      const answer = await context.client().tracking.log({
        params: { id },
        body: { params: texts(param), metrics, tags: texts(tag) },
      });
      context.output().result(answer, `logged ${metrics.length} metric points`);
    });

  runs
    .command('update <id>')
    .description(api.tracking.updateRun.summary)
    .addOption(new Option('--status <status>', 'how it ended').choices(runStatuses))
    .option('--name <name>', 'the new name')
    .option('--note <text>', 'the new note')
    .action(async (id: string, body: { status?: RunStatus; name?: string; note?: string }) => {
      const run = await context.client().tracking.updateRun({ params: { id }, body });
      context.output().result(run, `${run.name}: ${run.status}`);
    });

  addPagedListing(runs, context, {
    command: 'artifacts <id>',
    summary: api.tracking.listArtifacts.summary,
    read: (id: string, query: PageFlags & { under?: string }) =>
      context.client().tracking.listArtifacts({ params: { id }, query }),
    columns: {
      path: (artifact) => artifact.path,
      size: (artifact) => bytes(artifact.size),
      digest: (artifact) => shortDigest(artifact.digest),
      stored: (artifact) => time(artifact.createdAt),
    },
  }).option('--under <folder>', 'below one folder');

  runs
    .command('upload <id> <file> <path>')
    .description(`${api.tracking.putArtifact.summary} The file - is standard input.`)
    .action(async (id: string, file: string, path: string) => {
      const body = await openBytes(context, file);
      const artifact = await context.client().tracking.putArtifact({ params: { id }, query: { path }, body });
      context
        .output()
        .result(
          artifact,
          `stored ${artifact.path}: ${bytes(artifact.size)}, ${shortDigest(artifact.digest)}`,
        );
    });

  runs
    .command('download <id> <path>')
    .description(api.tracking.getArtifact.summary)
    .requiredOption('-o, --out <file>', 'where to save it')
    .action(async (id: string, path: string, { out }: { out: string }) => {
      const size = await saveBytes(
        await context.client().tracking.getArtifact({ params: { id }, query: { path } }),
        out,
      );
      context.output().result({ file: out, bytes: size }, `saved ${out}: ${bytes(size)}`);
    });
}

function texts(values: Values | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, plain(value)]));
}

function metricValue(name: string, value: JsonValue): number | 'NaN' | 'Infinity' | '-Infinity' {
  if (typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity')
    return value;
  throw usageError(`The metric ${name} is not a number: ${plain(value)}.`);
}
