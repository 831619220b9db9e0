import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { exitCodes } from '../../exit-code.ts';
import { findModelVersion } from '../../model-version-name.ts';
import { duration, number, time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

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
    .option('--model-version <id>', 'the version to kill; the live one unless given')
    .action(async (name: string, { modelVersion }: { modelVersion?: string }) => {
      const body = modelVersion === undefined ? {} : { modelVersionId: modelVersion };
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
    .option('--model-version <id>', 'the version to put on and take back')
    .action(async (name: string, { modelVersion }: { modelVersion?: string }) => {
      const body = modelVersion === undefined ? {} : { modelVersionId: modelVersion };
      const report = await context.client().serving.rollbackDrill({ params: { name }, body });
      const verdict = report.succeeded ? `rolled back in ${duration(report.durationMs)}` : 'FAILED';
      context.output().result(report, [...report.steps, verdict].join('\n'));
      if (!report.succeeded) context.exitWith(exitCodes.failed);
    });

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
