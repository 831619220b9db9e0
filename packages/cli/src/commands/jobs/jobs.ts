import { api } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { followJob, type Job } from '../../follow/follow-job.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { percent, plain, time } from '../../number-text.ts';
import { facts } from '../../output.ts';

const states = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

/** `esteira jobs`: work that outlives a request. */
export function addJobsCommand(program: Command, context: CommandContext): void {
  const jobs = program.command('jobs').description('Work that outlives a request');

  addPagedListing(jobs, context, {
    command: 'list',
    summary: api.jobs.list.summary,
    read: (query: PageFlags & { state?: Job['state']; kind?: string }) =>
      context.client().jobs.list({ query }),
    columns: {
      id: (job) => job.id,
      kind: (job) => job.kind,
      state: (job) => job.state,
      attempt: (job) => `${job.attempt} of ${job.maxAttempts}`,
      created: (job) => time(job.createdAt),
      finished: (job) => time(job.finishedAt),
    },
  })
    .addOption(new Option('--state <state>', 'in one state').choices(states))
    .option('--kind <kind>', 'of one kind, such as datasets.ingest');

  jobs
    .command('show <id>')
    .description(api.jobs.get.summary)
    .option('--wait', 'until it has finished; exit code 1 when it failed')
    .action(async (id: string, { wait }: { wait?: true }) => {
      const job = wait ? await followJob(context, id) : await context.client().jobs.get({ params: { id } });
      context.output().result(job, describeJob(job));
    });

  jobs
    .command('cancel <id>')
    .description(api.jobs.cancel.summary)
    .action(async (id: string) => {
      const job = await context.client().jobs.cancel({ params: { id } });
      context.output().result(job, describeJob(job));
    });
}

function describeJob(job: Job): string {
  return facts([
    ['job', job.id],
    ['kind', job.kind],
    ['state', job.state],
    ['progress', job.progress ? `${percent(job.progress.share)} ${job.progress.message}` : ''],
    ['attempt', `${job.attempt} of ${job.maxAttempts}`],
    ['created', time(job.createdAt)],
    ['finished', time(job.finishedAt)],
    ['result', job.result === null ? '' : plain(job.result)],
    [
      'error',
      job.error ? `${job.error.code}: ${job.error.what}\nwhy: ${job.error.why}\ndo:  ${job.error.todo}` : '',
    ],
  ]);
}
