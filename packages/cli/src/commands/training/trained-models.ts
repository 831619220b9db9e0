import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, number, plain, shortDigest, time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

/** `esteira trained-models`: what pipelines trained, before any of it is registered. */
export function addTrainedModelsCommand(program: Command, context: CommandContext): void {
  const trainedModels = program.command('trained-models').description('Models that pipelines trained');

  addPagedListing(trainedModels, context, {
    command: 'list',
    summary: api.training.trainedModels.summary,
    read: (query: PageFlags & { project?: string }) => context.client().training.trainedModels({ query }),
    columns: {
      id: (model) => model.id,
      kind: (model) => model.kind,
      project: (model) => model.project,
      rows: (model) => number(model.meta.trainRows),
      size: (model) => bytes(model.bytes),
      digest: (model) => shortDigest(model.digest),
      created: (model) => time(model.createdAt),
    },
  }).option('--project <name>', 'of one project');

  trainedModels
    .command('show <id>')
    .description(api.training.trainedModel.summary)
    .action(async (id: string) => {
      const model = await context.client().training.trainedModel({ params: { id } });
      const { meta } = model;
      const text = paragraphs(
        facts([
          ['trained model', model.id],
          ['kind', model.kind],
          ['project', model.project],
          ['digest', model.digest],
          ['split', `${meta.splitId} (${shortDigest(meta.splitDigest)})`],
          ['dataset version', `${meta.datasetVersionId} (${shortDigest(meta.datasetVersionDigest)})`],
          ['feature service', meta.featureService ?? '-'],
          ['study', meta.studyId ?? '-'],
          ['seed', String(meta.seed)],
          ['rows', number(meta.trainRows)],
          ['run', model.runId],
          [
            'parameters',
            Object.entries(meta.params)
              .map(([name, value]) => `${name} ${plain(value)}`)
              .join('\n'),
          ],
          [
            'on validation',
            Object.entries(meta.validationMetrics)
              .map(([name, value]) => `${name} ${number(value)}`)
              .join('\n'),
          ],
        ]),
        table(meta.importance.slice(0, 20), {
          feature: (item) => item.feature,
          gain: (item) => number(item.gain),
        }),
      );
      context.output().result(model, text);
    });
}
