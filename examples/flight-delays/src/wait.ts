import type { EsteiraClient } from '@esteira/sdk';
import type { Console } from './console.ts';

type Job = Awaited<ReturnType<EsteiraClient['jobs']['get']>>;

/** Waits for a job and shows its progress. Throws with the job's own words when it did not succeed. */
export async function waitForJob(client: EsteiraClient, id: string, console: Console): Promise<Job> {
  for (;;) {
    const job = await client.jobs.get({ params: { id }, query: { waitSeconds: 1 } });
    if (job.progress) console.live(job.progress.message);
    if (job.state === 'succeeded') return job;
    if (job.state === 'failed' || job.state === 'cancelled') {
      throw new Error(`${job.kind} ${job.state}: ${job.error?.what ?? ''} ${job.error?.todo ?? ''}`);
    }
  }
}

/** Asks again until the answer is there. Throws when it is not there in time. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const attempts = Math.ceil(seconds / 0.2);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`waited ${seconds} s in vain: ${what}`);
}
