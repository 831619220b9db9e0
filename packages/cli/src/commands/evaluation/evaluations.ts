import { api, type Evaluation } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, shortDigest, time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

/** `esteira evaluations`: how good a model is, and against what. */
export function addEvaluationsCommand(program: Command, context: CommandContext): void {
  const evaluations = program.command('evaluations').description('How good models are, and against what');

  addPagedListing(evaluations, context, {
    command: 'list',
    summary: api.evaluation.evaluations.summary,
    read: (query: PageFlags & { project?: string }) => context.client().evaluation.evaluations({ query }),
    columns: {
      id: (evaluation) => evaluation.id,
      project: (evaluation) => evaluation.project,
      model: (evaluation) => evaluation.trainedModelId,
      rows: (evaluation) => number(evaluation.metrics.rows),
      'PR-AUC': (evaluation) => number(evaluation.metrics.pr_auc),
      'ROC-AUC': (evaluation) => number(evaluation.metrics.roc_auc),
      created: (evaluation) => time(evaluation.createdAt),
    },
  }).option('--project <name>', 'of one project');

  evaluations
    .command('show <id>')
    .description(api.evaluation.evaluation.summary)
    .action(async (id: string) => {
      const evaluation = await context.client().evaluation.evaluation({ params: { id } });
      context.output().result(evaluation, describeEvaluation(evaluation));
    });
}

function describeEvaluation(evaluation: Evaluation): string {
  const others = [...evaluation.baselines, ...(evaluation.current ? [evaluation.current] : [])];
  const interval = `${Number((100 * (1 - evaluation.alpha)).toPrecision(4))} %`;
  return paragraphs(
    facts([
      ['evaluation', evaluation.id],
      ['model', evaluation.trainedModelId],
      [
        'rows',
        `${number(evaluation.metrics.rows)} of the ${evaluation.part} part of ${evaluation.splitId} (${shortDigest(evaluation.testDigest)})`,
      ],
      ...Object.entries(evaluation.metrics)
        .filter(([name]) => name !== 'rows')
        .map(([name, value]) => [name, number(value)] as const),
    ]),
    table(others, {
      against: (other) => other.name,
      [evaluation.metric]: (other) => number(other.value),
      advantage: (other) => number(other.difference),
      [interval]: (other) => `${number(other.lower)} to ${number(other.upper)}`,
      verdict: (other) => other.verdict,
    }),
    evaluation.fairness.length === 0
      ? ''
      : table(evaluation.fairness, {
          attribute: (finding) => finding.attribute,
          metric: (finding) => finding.metric,
          value: (finding) => number(finding.value),
          limit: (finding) => number(finding.limit),
          within: (finding) => (finding.withinLimit ? 'yes' : 'NO'),
        }),
    table(evaluation.importance.slice(0, 15), {
      feature: (item) => item.feature,
      gain: (item) => number(item.gain),
    }),
  );
}
