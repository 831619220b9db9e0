import { withinActivity } from '../kernel/activity.ts';
import { EsteiraError } from '../kernel/errors.ts';
import type { Meter } from '../kernel/meter.ts';
import type { Tracer } from '../kernel/tracer.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { JobHandler, Jobs } from './job.ts';
import { countUnfinishedJobs } from './job-store.ts';

/**
 * A queue whose log lines name their job and the request that enqueued it, and whose attempts are counted, timed and
 * traced. The span of an attempt begins a trace of its own, linked to where the job was enqueued: it may run long after.
 */
export function observeJobs(
  jobs: Jobs,
  deps: { readonly meter: Meter; readonly tracer: Tracer; readonly database: SqlReader },
): Jobs {
  const { meter, tracer } = deps;
  meter.gauge(
    {
      name: 'esteira_jobs',
      help: 'Jobs of the whole installation that wait or run, by kind.',
      labels: ['kind', 'state'],
    },
    async () => {
      const counts = await countUnfinishedJobs(deps.database);
      return counts.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count }));
    },
  );
  const attempts = meter.counter({
    name: 'esteira_job_attempts_total',
    help: 'Attempts of jobs that ended on this server, by kind and outcome.',
    labels: ['kind', 'outcome'],
  });
  const seconds = meter.histogram({
    name: 'esteira_job_attempt_duration_seconds',
    help: 'Time an attempt of a job ran, by kind.',
    labels: ['kind'],
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 7_200],
  });
  const waits = meter.histogram({
    name: 'esteira_job_claim_latency_seconds',
    help: 'Time from when a job was due to its first claim, by kind.',
    labels: ['kind'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  });

  function observe(kind: string, handler: JobHandler): JobHandler {
    return async (run) => {
      const { job, context } = run;
      const began = performance.now();
      if (job.attempt === 1 && job.startedAt !== undefined) {
        waits.observe({ kind }, Math.max(0, job.startedAt - job.dueAt) / 1000);
      }
      const attempt = () =>
        tracer.span(
          `job ${kind}`,
          {
            kind: 'consumer',
            linkTo: job.traceparent ?? null,
            attributes: {
              'esteira.job.id': job.id,
              'esteira.job.kind': kind,
              'esteira.job.attempt': job.attempt,
              'esteira.request.id': context.requestId,
            },
          },
          () => handler(run),
        );
      let outcome = 'succeeded';
      try {
        return await withinActivity({ requestId: context.requestId, job: job.id }, attempt);
      } catch (error) {
        const refused = error instanceof EsteiraError && error.status < 500;
        outcome = refused ? 'refused' : 'failed';
        if (run.signal.aborted) outcome = 'aborted';
        throw error;
      } finally {
        attempts.add({ kind, outcome });
        seconds.observe({ kind }, (performance.now() - began) / 1000);
      }
    };
  }

  return {
    ...jobs,
    register: (kind, handler, options) => jobs.register(kind, observe(kind, handler), options),
    enqueue(tx, context, options) {
      const traceparent = tracer.traceparent();
      return jobs.enqueue(tx, context, { ...options, ...(traceparent === undefined ? {} : { traceparent }) });
    },
  };
}
