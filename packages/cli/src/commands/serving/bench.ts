import { api } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { readDocument } from '../../files.ts';
import { findModelVersion } from '../../model-version-name.ts';
import { bytes, number } from '../../number-text.ts';
import { parseNumber } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';

type FeatureRecord = Record<string, number | string | null>;

interface BenchFlags {
  readonly model?: string;
  readonly rate?: number;
  readonly seconds?: number;
  readonly maxRate?: number;
  readonly sla?: number;
  readonly quantile?: 'p95' | 'p99';
  readonly rows?: string;
}

/** `esteira bench endpoint`: the evidence of latency, throughput, memory and CPU that the gates ask for. */
export function addBenchCommands(program: Command, context: CommandContext): void {
  program
    .command('bench')
    .description('Measure what answers')
    .command('endpoint <endpoint>')
    .description(api.serving.benchmark.summary)
    .option('--model <model@version>', 'what is measured; the version that the endpoint serves unless given')
    .option('--rate <n>', 'requests per second, whatever becomes of those before', parseNumber)
    .option('--seconds <n>', 'how long', parseNumber)
    .option('--max-rate <n>', 'higher rates are tried up to this one', parseNumber)
    .option('--sla <ms>', "what the quantile has to keep to; the project's unless given", parseNumber)
    .addOption(new Option('--quantile <name>', 'of the latencies').choices(['p95', 'p99']))
    .option(
      '--rows <file>',
      'what is asked: {"rows": [{feature: value}]} as YAML or JSON; stored examples unless given',
    )
    .action(async (name: string, flags: BenchFlags) => {
      const { model, rows, ...load } = flags;
      const modelVersionId =
        model === undefined
          ? await servedVersion(context, name)
          : (await findModelVersion(context, model)).id;
      const report = await context.client().serving.benchmark({
        params: { name },
        body: {
          modelVersionId,
          ...(load.rate === undefined ? {} : { ratePerSecond: load.rate }),
          ...(load.seconds === undefined ? {} : { seconds: load.seconds }),
          ...(load.maxRate === undefined ? {} : { maxRatePerSecond: load.maxRate }),
          ...(load.sla === undefined ? {} : { slaMs: load.sla }),
          ...(load.quantile === undefined ? {} : { quantile: load.quantile }),
          ...(rows === undefined ? {} : await readDocument<{ rows: FeatureRecord[] }>(context, rows)),
        },
      });
      context.output().result(report, describe(report));
    });
}

async function servedVersion(context: CommandContext, name: string): Promise<string> {
  const { desired } = await context.client().serving.endpoint({ params: { name } });
  const predictor = desired.arms.find((arm) => arm.role === 'primary')?.predictor;
  if (predictor?.kind !== 'version')
    throw usageError(`${name} serves no version.`, 'name one by --model <model@version>');
  return predictor.modelVersionId;
}

type Report = Awaited<ReturnType<ReturnType<CommandContext['client']>['serving']['benchmark']>>;

function describe(report: Report): string {
  const { sla } = report;
  const errors = Object.entries(report.errorsByKind).map(([kind, count]) => `${number(count)} ${kind}`);
  const quantiles = [report.p50Ms, report.p95Ms, report.p99Ms, report.maxMs].map((ms) => number(ms));
  return paragraphs(
    facts([
      ['load', `${number(report.requests)} requests, ${number(report.ratePerSecond)} per second`],
      ['errors', errors.length === 0 ? 'none' : errors.join(', ')],
      ['first request', `${number(report.coldMs)} ms, after loading`],
      ['p50, p95, p99, max', `${quantiles.join(', ')} ms from when a request was due`],
      [
        'throughput',
        `${number(report.throughputPerSecond)} per second with ${sla.quantile} within ${number(sla.ms)} ms`,
      ],
      ['memory', `${bytes(report.peakMemoryBytes)} at most`],
      ['model', bytes(report.modelBytes)],
      ['CPU', `${number(report.cpuMsPerRequest)} ms per request`],
      ['machine', report.machineClass],
    ]),
    table(report.steps, {
      'per second': (step) => number(step.ratePerSecond),
      [`${sla.quantile} ms`]: (step) => number(step.quantileMs),
      errors: (step) => number(step.errors),
      kept: (step) => (step.kept ? 'yes' : 'no'),
    }),
  );
}
