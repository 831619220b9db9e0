import { api, type EvaluationDataset } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { readText } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, plain, time } from '../../number-text.ts';
import { facts } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';

type Records = RequestBody<EsteiraClient['evaluation']['addRecords']>['records'];

const recordsAtOnce = 500;

/** `esteira eval-datasets`: examples by which prompts, models and agents are judged. */
export function addEvalDatasetsCommand(program: Command, context: CommandContext): void {
  const datasets = program
    .command('eval-datasets')
    .description('Examples by which prompts, models and agents are judged');

  addPagedListing(datasets, context, {
    command: 'list',
    summary: api.evaluation.listDatasets.summary,
    read: (query: PageFlags & { experiment?: string }) => context.client().evaluation.listDatasets({ query }),
    columns: {
      id: (dataset) => dataset.id,
      name: (dataset) => dataset.name,
      records: (dataset) => number(dataset.records),
      experiments: (dataset) => dataset.experiments.map(({ name }) => name).join(', '),
      changed: (dataset) => time(dataset.updatedAt),
    },
  }).option('--experiment <id>', 'of one experiment');

  datasets
    .command('create <name>')
    .description(api.evaluation.createDataset.summary)
    .option('--experiment <id...>', 'experiments it belongs to')
    .action(async (name: string, { experiment = [] }: { experiment?: readonly string[] }) => {
      const body = { name, experiments: [...experiment] };
      const made = await context.client().evaluation.createDataset({ body });
      context.output().result(made, `created ${made.id}`);
    });

  datasets
    .command('show <id>')
    .description(api.evaluation.getDataset.summary)
    .action(async (id: string) => {
      const dataset = await context.client().evaluation.getDataset({ params: { id } });
      context.output().result(dataset, describe(dataset));
    });

  addPagedListing(datasets, context, {
    command: 'records <id>',
    summary: api.evaluation.listRecords.summary,
    read: (id: string, query: PageFlags) =>
      context.client().evaluation.listRecords({ params: { id }, query }),
    columns: {
      id: (record) => record.id,
      inputs: (record) => plain(record.inputs),
      expectations: (record) => (record.expectations === null ? '' : plain(record.expectations)),
    },
  });

  datasets
    .command('append <id> <file>')
    .description(`${api.evaluation.addRecords.summary} One JSON object per line: inputs, expectations, tags.`)
    .action(async (id: string, file: string) => {
      const records = readLines(await readText(context, file), file);
      const total = { added: 0, merged: 0 };
      for (let start = 0; start < records.length; start += recordsAtOnce) {
        const body = { records: records.slice(start, start + recordsAtOnce) };
        const { added, merged } = await context.client().evaluation.addRecords({ params: { id }, body });
        total.added += added;
        total.merged += merged;
      }
      context
        .output()
        .result({ id, ...total }, `${number(total.added)} added, ${number(total.merged)} merged`);
    });

  datasets
    .command('delete <id>')
    .description(api.evaluation.deleteDataset.summary)
    .action(async (id: string) => {
      await context.client().evaluation.deleteDataset({ params: { id } });
      context.output().result({ id }, `deleted ${id}`);
    });

  datasets
    .command('delete-record <id> <record>')
    .description(api.evaluation.deleteRecord.summary)
    .action(async (id: string, record: string) => {
      await context.client().evaluation.deleteRecord({ params: { id, record } });
      context.output().result({ id, record }, `deleted ${record}`);
    });
}

function describe(dataset: EvaluationDataset): string {
  return facts([
    ['dataset', dataset.id],
    ['name', dataset.name],
    ['records', number(dataset.records)],
    ['experiments', dataset.experiments.map(({ name }) => name).join(', ')],
    ...Object.entries(dataset.tags).map(([name, value]) => [`tag ${name}`, value] as const),
    ['created', `${time(dataset.createdAt)} by ${dataset.createdBy}`],
    ['changed', time(dataset.updatedAt)],
  ]);
}

/** What the records must hold is checked by the server. */
function readLines(text: string, file: string): Records {
  const records: Records = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      records.push(JSON.parse(line) as Records[number]);
    } catch {
      throw usageError(`${file}, line ${index + 1}, is not JSON.`, 'write one JSON object per line');
    }
  }
  if (records.length === 0) throw usageError(`${file} holds no record.`);
  return records;
}
