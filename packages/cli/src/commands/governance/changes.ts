import { api, ChangeState, type JsonValue } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import { changeColumns } from '../../change-columns.ts';
import type { CommandContext } from '../../command-context.ts';
import { describeChange, nextStep } from '../../describe-change.ts';
import { readDocument } from '../../files.ts';
import { exitCodeOfChange } from '../../follow/follow-change.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { shortId } from '../../number-text.ts';
import { paragraphs } from '../../output.ts';
import { usersOneMaySee } from './users.ts';

/** `esteira changes`: everything that was planned, consented to, applied or taken back. */
export function addChangesCommand(program: Command, context: CommandContext): void {
  const changes = program.command('changes').description('Planned and applied changes of what is live');

  const names = new Map<string, string>();
  addPagedListing(changes, context, {
    command: 'list',
    summary: api.governance.changes.summary,
    read: async (query: PageFlags & { state?: ChangeState; kind?: string }) => {
      for (const user of await usersOneMaySee(context)) names.set(user.id, user.name);
      return await context.client().governance.changes({ query });
    },
    columns: changeColumns((id) => names.get(id) ?? shortId(id)),
  })
    .addOption(new Option('--state <state>', 'in one state').choices(ChangeState.options))
    .option('--kind <kind>', 'of one kind: serving.promote, serving.rollback');

  changes
    .command('show <id>')
    .description(api.governance.change.summary)
    .action(async (id: string) => {
      const change = await context.client().governance.change({ params: { id } });
      context.output().result(change, paragraphs(describeChange(change), nextStep(change)));
    });

  changes
    .command('request <kind> <file>')
    .description(
      `${api.governance.requestChange.summary} The file holds the subject; plan promote writes it for you.`,
    )
    .action(async (kind: string, file: string) => {
      const subject = await readDocument<Record<string, JsonValue>>(context, file);
      const change = await context.client().governance.requestChange({ body: { kind, subject } });
      context.output().result(change, paragraphs(describeChange(change), nextStep(change)));
      context.exitWith(exitCodeOfChange(change));
    });

  changes
    .command('reject <id>')
    .description(api.governance.rejectChange.summary)
    .option('--comment <text>', 'kept with the decision', '')
    .action(async (id: string, body: { comment: string }) => {
      const change = await context.client().governance.rejectChange({ params: { id }, body });
      context.output().result(change, `${change.id}: ${change.state}`);
    });

  changes
    .command('cancel <id>')
    .description(api.governance.cancelChange.summary)
    .action(async (id: string) => {
      const change = await context.client().governance.cancelChange({ params: { id } });
      context.output().result(change, `${change.id}: ${change.state}`);
    });
}
