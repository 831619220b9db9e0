import type { EsteiraClient } from '@esteira/sdk';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { exitCodeOf } from '../exit-code.ts';
import { percent } from '../number-text.ts';
import { tellWhenInterrupted } from './tell-when-interrupted.ts';

export type Job = Awaited<ReturnType<EsteiraClient['jobs']['get']>>;

/** Waits for a job and shows its progress. Throws with the job's own words when it failed or was cancelled. */
export async function followJob(context: CommandContext, id: string): Promise<Job> {
  const words = `the job goes on without this command; look at it by: esteira jobs show ${id}, end it by: esteira jobs cancel ${id}`;
  return await tellWhenInterrupted(context, words, () => followToEnd(context, id));
}

async function followToEnd(context: CommandContext, id: string): Promise<Job> {
  const output = context.output();
  let told = '';
  for (;;) {
    const job = await context.client().jobs.get({ params: { id }, query: { waitSeconds: 2 } });
    if (job.state === 'succeeded') return job;
    if (job.state === 'failed' || job.state === 'cancelled') throw jobError(job);
    const message = job.progress?.message ?? job.state;
    output.live([`${job.kind}: ${message} ${job.progress ? percent(job.progress.share) : ''}`.trimEnd()]);
    if (message !== told && !output.isLive) output.progress(`${job.kind}: ${message}`);
    told = message;
  }
}

function jobError(job: Job): CommandError {
  const { error } = job;
  if (!error) return new CommandError({ code: 'JOB_CANCELLED', what: `The job ${job.id} was cancelled.` });
  const { code, what, why, todo } = error;
  return new CommandError({ code, what, why, todo, exitCode: exitCodeOf(code) });
}
