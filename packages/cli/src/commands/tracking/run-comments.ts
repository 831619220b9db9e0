import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';

/** The verbs of `esteira runs` about what people say of a run. */
export function addRunCommentCommands(runs: Command, context: CommandContext): void {
  addPagedListing(runs, context, {
    command: 'comments <id>',
    summary: api.tracking.listComments.summary,
    read: (id: string, query: PageFlags) => context.client().tracking.listComments({ params: { id }, query }),
    columns: {
      id: (comment) => comment.id,
      author: (comment) => comment.author,
      at: (comment) => time(comment.createdAt),
      edited: (comment) => (comment.editedAt === undefined ? '' : time(comment.editedAt)),
      text: (comment) => comment.text,
    },
  });

  runs
    .command('comment <id> <text>')
    .description(api.tracking.addComment.summary)
    .action(async (id: string, text: string) => {
      const comment = await context.client().tracking.addComment({ params: { id }, body: { text } });
      context.output().result(comment, comment.id);
    });

  runs
    .command('edit-comment <comment> <text>')
    .description(api.tracking.editComment.summary)
    .action(async (id: string, text: string) => {
      const comment = await context.client().tracking.editComment({ params: { id }, body: { text } });
      context.output().result(comment, `changed ${comment.id}`);
    });

  runs
    .command('delete-comment <comment>')
    .description(api.tracking.deleteComment.summary)
    .action(async (id: string) => {
      const answer = await context.client().tracking.deleteComment({ params: { id } });
      context.output().result(answer, `deleted ${id}`);
    });
}
