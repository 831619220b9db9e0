import { api, type JsonValue, type ScorerVersion } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readDocument } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { plain, time } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { type Columns, facts, paragraphs } from '../../output.ts';

/** `esteira scorers`: what judges the answers of language models. */
export function addScorersCommand(program: Command, context: CommandContext): void {
  const scorers = program.command('scorers').description('What judges the answers of language models');
  const columns: Columns<ScorerVersion> = {
    id: (scorer) => scorer.id,
    name: (scorer) => scorer.name,
    version: (scorer) => String(scorer.version),
    experiment: (scorer) => scorer.experiment.name,
    created: (scorer) => time(scorer.createdAt),
  };

  addPagedListing(scorers, context, {
    command: 'list',
    summary: api.evaluation.listScorers.summary,
    read: (query: PageFlags & { experiment?: string }) => context.client().evaluation.listScorers({ query }),
    columns,
  }).option('--experiment <id>', 'of one experiment');

  scorers
    .command('register <name> <file>')
    .description(`${api.evaluation.registerScorer.summary} The file holds the definition, as JSON or YAML.`)
    .requiredOption('--experiment <id>', 'experiment it belongs to')
    .action(async (name: string, file: string, { experiment }: { experiment: string }) => {
      const body = { experiment, name, definition: await readDocument<JsonValue>(context, file) };
      const made = await context.client().evaluation.registerScorer({ body });
      context.output().result(made, `registered version ${made.version} as ${made.id}`);
    });

  scorers
    .command('show <id>')
    .description(api.evaluation.getScorer.summary)
    .action(async (id: string) => {
      const scorer = await context.client().evaluation.getScorer({ params: { id } });
      context.output().result(scorer, describe(scorer));
    });

  addPagedListing(scorers, context, {
    command: 'versions <id>',
    summary: api.evaluation.listScorerVersions.summary,
    read: (id: string, query: PageFlags) =>
      context.client().evaluation.listScorerVersions({ params: { id }, query }),
    columns,
  });

  scorers
    .command('delete')
    .argument('<id>')
    .argument('[version]', 'that version alone', parseInteger)
    .description(api.evaluation.deleteScorer.summary)
    .action(async (id: string, version: number | undefined) => {
      const query = version === undefined ? {} : { version };
      await context.client().evaluation.deleteScorer({ params: { id }, query });
      context.output().result({ id, ...query }, `deleted ${id}`);
    });
}

function describe(scorer: ScorerVersion): string {
  return paragraphs(
    facts([
      ['scorer', scorer.id],
      ['name', scorer.name],
      ['experiment', scorer.experiment.name],
      ['version', String(scorer.version)],
      ['created', `${time(scorer.createdAt)} by ${scorer.createdBy}`],
    ]),
    plain(scorer.definition),
  );
}
