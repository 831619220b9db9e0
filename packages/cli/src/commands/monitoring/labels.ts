import { api, type NewLabel } from '@esteira/contracts';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { readText } from '../../files.ts';
import { number, time } from '../../number-text.ts';
import { facts } from '../../output.ts';

/** `esteira labels`: the true outcomes of predictions. */
export function addLabelsCommand(program: Command, context: CommandContext): void {
  const labels = program.command('labels').description('True outcomes of predictions');

  labels
    .command('post <endpoint> <file>')
    .description(
      `${api.monitoring.postLabels.summary} A JSON or YAML list of {predictionId, label, at}; 10,000 at most.`,
    )
    .action(async (endpoint: string, file: string) => {
      const document: unknown = parse(await readText(context, file));
      if (!Array.isArray(document)) throw usageError(`${file} does not hold a list.`);
      const receipt = await context
        .client()
        .monitoring.postLabels({ params: { endpoint }, body: { labels: document as NewLabel[] } });
      const { received, stored, repeated, corrected, unknown } = receipt;
      const text = `${number(received)} received: ${number(stored)} new, ${number(repeated)} repeated, ${number(corrected)} corrected; ${number(unknown)} without a logged prediction yet`;
      context.output().result(receipt, text);
    });

  labels
    .command('show <endpoint>')
    .description(api.monitoring.labels.summary)
    .action(async (endpoint: string) => {
      const summary = await context.client().monitoring.labels({ params: { endpoint } });
      const text = facts([
        ['labels', number(summary.labels)],
        ['without prediction', number(summary.unknown)],
        ['batches', number(summary.batches)],
        ['received', `${time(summary.firstReceivedAt)} to ${time(summary.lastReceivedAt)}`],
      ]);
      context.output().result(summary, text);
    });
}
