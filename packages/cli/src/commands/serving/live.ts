import { api, liveArms, liveSteps } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { number } from '../../number-text.ts';
import { parseNumber } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';

/** `esteira endpoints live`: how an endpoint does while one looks. */
export function addLiveCommand(endpoints: Command, context: CommandContext): void {
  endpoints
    .command('live <name>')
    .description(
      'Measures for some seconds what an endpoint answers: throughput, errors, latency by arm, and what the steps of a pipeline take.',
    )
    .addHelpText('after', `\n${api.serving.liveCounts.summary} The difference of two answers is told.`)
    .option('--seconds <n>', 'how long; processes report every two', parseNumber, 6)
    .action(async (name: string, { seconds }: { seconds: number }) => {
      const ask = () => context.client().serving.liveCounts({ params: { name }, query: { waitMs: 0 } });
      const before = await ask();
      await context.pause(1_000 * seconds);
      const now = await ask();
      const arms = liveArms(before, now);
      const steps = liveSteps(before, now);
      const { running, waiting } = now;
      const text = paragraphs(
        facts([['all endpoints', `${number(running)} running, ${number(waiting)} waiting for a model`]]),
        table(arms, {
          arm: ({ arm }) => arm,
          version: ({ predictor }) => predictor,
          'requests/s': (arm) => number(arm.requestsPerSecond),
          'rows/s': (arm) => number(arm.rowsPerSecond),
          'errors/s': (arm) => number(arm.errorsPerSecond),
          'p50 ms': (arm) => number(arm.p50Ms),
          'p95 ms': (arm) => number(arm.p95Ms),
          'p99 ms': (arm) => number(arm.p99Ms),
        }),
        steps.length === 0
          ? ''
          : `Steps of the pipeline\n${table(steps, {
              version: ({ modelVersionId }) => modelVersionId,
              step: ({ step }) => step,
              'runs/s': ({ runsPerSecond }) => number(runsPerSecond),
              'mean ms': ({ meanMs }) => number(meanMs),
            })}`,
      );
      context.output().result({ arms, steps, running, waiting }, text);
    });
}
