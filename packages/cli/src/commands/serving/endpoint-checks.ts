import { api, type TrialReport } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { exitCodes } from '../../exit-code.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { findModelVersion } from '../../model-version-name.ts';
import { duration, number, time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

interface ReportFlags {
  readonly kind?: TrialReport['kind'];
  readonly endpoint?: string;
  readonly modelVersion?: string;
}

const reportKinds = api.serving.trialReports.query.shape.kind.unwrap().options;

/** The verbs of `esteira endpoints` that gather evidence for the gates: tests, drills; and rollouts. */
export function addEndpointCheckCommands(endpoints: Command, context: CommandContext): void {
  endpoints
    .command('test <model@version>')
    .description(`${api.serving.integrationTests.summary} Exit code 1 when one fails.`)
    .action(async (text: string) => {
      const { id } = await findModelVersion(context, text);
      const report = await context.client().serving.integrationTests({ params: { id } });
      const failures = report.failures.map(
        ({ example, expected, actual, problem }) =>
          `  example ${example}: expected ${expected}, got ${actual ?? problem}`,
      );
      context
        .output()
        .result(report, [`${report.passed} passed, ${report.failed} failed`, ...failures].join('\n'));
      if (report.failed > 0) context.exitWith(exitCodes.failed);
    });

  const drill = endpoints.command('drill').description('Practise what must work when something fails');
  drill
    .command('fallback <endpoint>')
    .description(`${api.serving.fallbackDrill.summary} Exit code 1 when it does not.`)
    .option('--model-version <model@version>', 'the version to kill; the live one unless given')
    .action(async (name: string, { modelVersion }: { modelVersion?: string }) => {
      const body = await drilledVersion(modelVersion);
      const report = await context.client().serving.fallbackDrill({ params: { name }, body });
      const text = table(report.answers, {
        fault: (answer) => answer.fault,
        status: (answer) => String(answer.status),
        fallback: (answer) => (answer.fallback ? 'yes' : 'no'),
        time: (answer) => duration(answer.ms),
        reason: (answer) => answer.reason,
      });
      context.output().result(report, `${text}\n\n${report.passed ? 'passed' : 'FAILED'}`);
      if (!report.passed) context.exitWith(exitCodes.failed);
    });
  drill
    .command('rollback <endpoint>')
    .description(`${api.serving.rollbackDrill.summary} Exit code 1 when it does not.`)
    .option('--model-version <model@version>', 'the version to put on and take back')
    .action(async (name: string, { modelVersion }: { modelVersion?: string }) => {
      const body = await drilledVersion(modelVersion);
      const report = await context.client().serving.rollbackDrill({ params: { name }, body });
      const verdict = report.succeeded ? `rolled back in ${duration(report.durationMs)}` : 'FAILED';
      context.output().result(report, [...report.steps, verdict].join('\n'));
      if (!report.succeeded) context.exitWith(exitCodes.failed);
    });

  async function drilledVersion(text: string | undefined): Promise<{ readonly modelVersionId?: string }> {
    return text === undefined ? {} : { modelVersionId: (await findModelVersion(context, text)).id };
  }

  addPagedListing(endpoints, context, {
    command: 'reports',
    summary: api.serving.trialReports.summary,
    read: (query: PageFlags & ReportFlags) => context.client().serving.trialReports({ query }),
    columns: {
      at: ({ report }) => time(report.at),
      kind: ({ kind }) => kind,
      found: describeReport,
      id: ({ report }) => report.id,
    },
  })
    .addOption(new Option('--kind <kind>', 'of one kind').choices(reportKinds))
    .option('--endpoint <name>', 'of one endpoint')
    .option('--model-version <id>', 'of one version');

  endpoints
    .command('rollout <change>')
    .description(api.serving.rollout.summary)
    .action(async (changeId: string) => {
      const rollout = await context.client().serving.rollout({ params: { changeId } });
      const text = paragraphs(
        facts([
          ['change', rollout.changeId],
          ['endpoint', rollout.endpoint],
          ['version', `${rollout.modelVersionId} against ${rollout.formerVersionId ?? rollout.against}`],
          ['outcome', rollout.outcome],
        ]),
        table(rollout.comparisons, {
          step: (comparison) => comparison.step,
          at: (comparison) => time(comparison.at),
          rows: (comparison) => `${number(comparison.candidate.rows)} / ${number(comparison.control.rows)}`,
          'p95 ms': (comparison) =>
            `${number(comparison.candidate.p95Ms)} / ${number(comparison.control.p95Ms)}`,
          'score shift': (comparison) => number(comparison.scoreShift),
          verdict: (comparison) => comparison.verdict,
          reasons: (comparison) => comparison.reasons.join('; '),
        }),
      );
      context.output().result(rollout, text);
    });
}

function describeReport(trial: TrialReport): string {
  switch (trial.kind) {
    case 'integration-tests':
      return `${number(trial.report.passed)} passed, ${number(trial.report.failed)} failed`;
    case 'benchmark':
      return `p95 ${number(trial.report.p95Ms)} ms, ${number(trial.report.throughputPerSecond)} per second within the SLA`;
    case 'fallback-drill':
      return trial.report.passed ? 'passed' : 'FAILED';
    case 'rollback-drill':
      return trial.report.succeeded ? `rolled back in ${duration(trial.report.durationMs)}` : 'FAILED';
  }
}
