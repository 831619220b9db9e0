import { api, type JsonValue } from '@esteira/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { exitCodes } from '../../exit-code.ts';
import { facts, paragraphs, table } from '../../output.ts';

type QuestionRow = Record<string, JsonValue>;

/** `esteira endpoints ask`: one question to a live endpoint, without an inference key. */
export function addAskCommand(endpoints: Command, context: CommandContext): void {
  endpoints
    .command('ask <name>')
    .description(`${api.serving.ask.summary} Exit code 1 when it refuses.`)
    .option(
      '--row <json>',
      'by column, like {"age": 3}; again for more rows; the stored example unless given',
      collectRow,
    )
    .action(async (name: string, { row: given }: { row?: QuestionRow[] }) => {
      const rows = given ?? [await exampleRow(name)];
      const answer = await context.client().serving.ask({ params: { name }, body: { rows } });
      const { error, predictions, predictionIds, version, arm, ms } = answer;
      if (error !== null) {
        context.output().result(answer, `${answer.status} ${error.code}: ${error.message}`);
        context.exitWith(exitCodes.failed);
        return;
      }
      const answers = predictions.map((prediction, index) => ({ prediction, index }));
      const text = paragraphs(
        table(answers, {
          question: ({ index }) => JSON.stringify(rows[index]),
          answer: ({ prediction }) => JSON.stringify(prediction),
          'prediction id': ({ index }) => predictionIds[index] ?? '-',
        }),
        facts([
          ['version', version ?? 'rule'],
          ['arm', arm ?? '-'],
          ['fallback', answer.fallbackReason ?? 'no'],
          ['latency', `${ms.toFixed(1)} ms`],
        ]),
      );
      context.output().result(answer, text);
    });

  async function exampleRow(name: string): Promise<QuestionRow> {
    const { columns } = await context.client().serving.questionForm({ params: { name } });
    if (columns.length === 0) throw usageError(`${name} has no named columns, or nothing answers there yet.`);
    return Object.fromEntries(columns.map(({ name: column, example }) => [column, example]));
  }
}

function collectRow(text: string, before: readonly QuestionRow[] = []): QuestionRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('a JSON object is expected, like {"age": 3}');
  return [...before, value as QuestionRow];
}
