import { api, IssueSeverity, IssueStatus, type LlmIssue } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, time } from '../../number-text.ts';
import { facts } from '../../output.ts';

type Status = LlmIssue['status'];
type Severity = NonNullable<LlmIssue['severity']>;

interface ListFlags extends PageFlags {
  readonly experiment?: string;
  readonly status?: Status;
  readonly severity?: Severity;
  readonly run?: string;
  readonly text?: string;
}

interface Words {
  readonly name?: string;
  readonly description?: string;
  readonly severity?: Severity | 'none';
  readonly cause?: readonly string[];
  readonly category?: readonly string[];
}

const severities = IssueSeverity.options;

/** `esteira issues`: what goes wrong with programs that work with language models. */
export function addIssuesCommand(program: Command, context: CommandContext): void {
  const issues = program
    .command('issues')
    .description('What goes wrong with programs that work with language models, as their traces show');

  addPagedListing(issues, context, {
    command: 'list',
    summary: api.llm.listIssues.summary,
    read: (query: ListFlags) => context.client().llm.listIssues({ query }),
    columns: {
      id: (issue) => issue.id,
      name: (issue) => issue.name,
      status: (issue) => issue.status,
      severity: (issue) => issue.severity ?? '',
      traces: (issue) => number(issue.traces),
      changed: (issue) => time(issue.updatedAt),
    },
  })
    .option('--experiment <id>', 'of one experiment')
    .addOption(new Option('--status <status>', 'with this status').choices(IssueStatus.options))
    .addOption(new Option('--severity <severity>', 'of this severity').choices(severities))
    .option('--run <id>', 'that a run found')
    .option('--text <text>', 'that say this in the name, the description, the causes or the categories');

  addWords(
    issues
      .command('create <name>')
      .description(api.llm.createIssue.summary)
      .requiredOption('--experiment <id>', 'the experiment it belongs to'),
    severities,
  ).action(async (name: string, { experiment, ...words }: Words & { experiment: string }) => {
    const { severity, ...said } = bodyOf(words);
    const body = { experiment, ...said, name, ...(severity ? { severity } : {}) };
    const made = await context.client().llm.createIssue({ body });
    context.output().result(made, `created ${made.id}`);
  });

  issues
    .command('show <id>')
    .description(api.llm.getIssue.summary)
    .action(async (id: string) => {
      const issue = await context.client().llm.getIssue({ params: { id } });
      context.output().result(issue, describe(issue));
    });

  addWords(
    issues
      .command('change <id>')
      .description(api.llm.changeIssue.summary)
      .option('--name <name>', 'what it is called')
      .addOption(new Option('--status <status>', 'what became of it').choices(IssueStatus.options)),
    [...severities, 'none'],
  ).action(async (id: string, { status, ...words }: Words & { status?: Status }) => {
    const body = { ...bodyOf(words), ...(status === undefined ? {} : { status }) };
    const changed = await context.client().llm.changeIssue({ params: { id }, body });
    context.output().result(changed, `changed ${id}`);
  });

  issues
    .command('delete <id>')
    .description(api.llm.deleteIssue.summary)
    .action(async (id: string) => {
      await context.client().llm.deleteIssue({ params: { id } });
      context.output().result({ id }, `deleted ${id}`);
    });

  issues
    .command('link <id> <trace>')
    .description(api.llm.linkIssue.summary)
    .option('--rationale <text>', 'why')
    .action(async (id: string, trace: string, { rationale }: { rationale?: string }) => {
      const body = { trace, ...(rationale === undefined ? {} : { rationale }) };
      await context.client().llm.linkIssue({ params: { id }, body });
      context.output().result({ id, trace }, `linked ${trace}`);
    });

  issues
    .command('unlink <id> <trace>')
    .description(api.llm.unlinkIssue.summary)
    .action(async (id: string, trace: string) => {
      await context.client().llm.unlinkIssue({ params: { id, trace } });
      context.output().result({ id, trace }, `unlinked ${trace}`);
    });
}

function addWords(command: Command, choices: readonly string[]): Command {
  return command
    .option('--description <text>', 'what happens')
    .addOption(new Option('--severity <severity>', 'how bad it is').choices([...choices]))
    .option('--cause <text...>', 'what it comes from')
    .option('--category <name...>', 'what it is about');
}

function bodyOf({ severity, cause, category, ...words }: Words) {
  return {
    ...words,
    ...(severity === undefined ? {} : { severity: severity === 'none' ? null : severity }),
    ...(cause === undefined ? {} : { rootCauses: [...cause] }),
    ...(category === undefined ? {} : { categories: [...category] }),
  };
}

function describe(issue: LlmIssue): string {
  return facts([
    ['issue', issue.id],
    ['name', issue.name],
    ['experiment', issue.experimentId],
    ['status', issue.status],
    ['severity', issue.severity ?? ''],
    ['traces', number(issue.traces)],
    ['description', issue.description],
    ...issue.rootCauses.map((cause) => ['cause', cause] as const),
    ['categories', issue.categories.join(', ')],
    ['found by', issue.foundBy ?? ''],
    ['found in run', issue.sourceRunId ?? ''],
    ['told', time(issue.createdAt)],
    ['changed', time(issue.updatedAt)],
  ]);
}
