import { api } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { saveBytes } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { bytes, number, shortDigest, time } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

type LoggedModel = Awaited<ReturnType<EsteiraClient['tracking']['getLoggedModel']>>;

interface SearchFlags extends PageFlags {
  readonly experiment?: string;
  readonly run?: string;
  readonly text?: string;
  readonly orderBy?: string;
}

/** `esteira logged-models`: what runs made and may be registered. */
export function addLoggedModelsCommand(program: Command, context: CommandContext): void {
  const models = program.command('logged-models').description('Models that runs made, with their files');

  addPagedListing(models, context, {
    command: 'list',
    summary: api.tracking.searchLoggedModels.summary,
    read: (query: SearchFlags) => context.client().tracking.searchLoggedModels({ query }),
    columns: {
      id: (model) => model.id,
      name: (model) => model.name,
      type: (model) => model.type || '-',
      status: (model) => model.status,
      run: (model) => model.sourceRunId ?? '-',
      created: (model) => time(model.createdAt),
    },
  })
    .option('--experiment <name>', 'of one experiment')
    .option('--run <id>', 'that one run made')
    .option('--text <part>', 'a part of the name')
    .option('--order-by <field>', 'such as "metrics.auc desc"');

  models
    .command('show <id>')
    .description(api.tracking.getLoggedModel.summary)
    .action(async (id: string) => {
      const model = await context.client().tracking.getLoggedModel({ params: { id } });
      context.output().result(model, describe(model));
    });

  addPagedListing(models, context, {
    command: 'artifacts <id>',
    summary: api.tracking.listLoggedModelArtifacts.summary,
    read: (id: string, query: PageFlags) =>
      context.client().tracking.listLoggedModelArtifacts({ params: { id }, query }),
    columns: {
      path: (file) => file.path,
      size: (file) => bytes(file.size),
      digest: (file) => shortDigest(file.digest),
    },
  });

  models
    .command('download <id> <path>')
    .description(api.tracking.getLoggedModelArtifact.summary)
    .requiredOption('-o, --out <file>', 'where to save it')
    .action(async (id: string, path: string, { out }: { out: string }) => {
      const size = await saveBytes(
        await context.client().tracking.getLoggedModelArtifact({ params: { id }, query: { path } }),
        out,
      );
      context.output().result({ file: out, bytes: size }, `saved ${out}: ${bytes(size)}`);
    });
}

function describe(model: LoggedModel): string {
  const { flavors, signature, versions } = model.description;
  const columns = (list: readonly { readonly name: string | null; readonly type: string }[]) =>
    list.map(({ name, type }) => `${name ?? '-'}: ${type}`).join(', ');
  return paragraphs(
    facts([
      ['model', model.name],
      ['id', model.id],
      ['experiment', model.experiment],
      ['run', model.sourceRunId ?? '-'],
      ['type', model.type || '-'],
      ['status', model.status],
      ['flavors', flavors.join(', ')],
      ['inputs', signature === null ? '' : columns(signature.inputs)],
      ['outputs', signature === null ? '' : columns(signature.outputs)],
      ['versions', versions.map(({ model: name, version }) => `${name}@${version}`).join(', ')],
      ['created', time(model.createdAt)],
    ]),
    table(model.metrics, {
      metric: (metric) => metric.name,
      value: (metric) => number(metric.value),
      dataset: (metric) => metric.datasetName ?? '-',
      run: (metric) => metric.runId,
    }),
  );
}
