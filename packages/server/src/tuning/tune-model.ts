import type { Study, Trial } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { type ComputeWorker, openComputeWorker } from '../kernel/compute-worker.ts';
import { callTrainer } from '../training/index.ts';
import type { TuningService } from './tuning-service.ts';
import type { LoadInput, Objective, TrialInput } from './tuning-worker.ts';

export interface TuneRequest {
  readonly study: Study;
  readonly objective: Objective;
  /** Its columns are handed over to the threads. */
  readonly data: LoadInput;
  /** Trials that run at once, each in its own thread. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  onTrial(trial: Trial, done: number): void;
}

/**
 * Runs the study's remaining trials. They go in rounds of `parallel`: all are asked for before any is told, and told in
 * the order of their numbers, so that the same seed always walks the same way however the threads are scheduled.
 */
export async function tuneModel(
  tuning: TuningService,
  context: RequestContext,
  request: TuneRequest,
): Promise<void> {
  const { study, signal } = request;
  const { trials } = await tuning.get(context.workspace, study.id);
  let done = trials.filter((trial) => trial.state !== 'RUNNING').length;
  // Trials that were running when the server died are told as failed; their numbers stay theirs.
  for (const trial of trials) {
    if (trial.state !== 'RUNNING') continue;
    await tuning.tell(context, study.id, trial.number, { error: 'the server stopped while it ran' });
    done++;
  }
  const workers = Array.from(
    { length: Math.min(request.parallel, Math.max(1, study.maxTrials - done)) },
    () => openComputeWorker(new URL('./tuning-worker.ts', import.meta.url), signal),
  );
  try {
    // Each thread but the last gets a copy of the columns, and the last the columns themselves.
    const last = workers.at(-1);
    await Promise.all(
      workers.map((worker) => callTrainer(worker, 'load', request.data, { handOver: worker === last })),
    );
    while (done < study.maxTrials) {
      signal.throwIfAborted();
      const round: Trial[] = [];
      for (let slot = 0; slot < workers.length && done + slot < study.maxTrials; slot++) {
        round.push(await tuning.ask(context, study.id));
      }
      const outcomes = await Promise.all(round.map((trial, slot) => runTrial(workers[slot], request, trial)));
      for (const [slot, trial] of round.entries()) {
        const outcome = outcomes[slot] ?? { error: 'not run' };
        request.onTrial(await tuning.tell(context, study.id, trial.number, outcome), ++done);
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}

/** A trial that fails is a result too, unless the whole step is being stopped. */
async function runTrial(worker: ComputeWorker | undefined, request: TuneRequest, trial: Trial) {
  if (!worker) return { error: 'no thread' };
  const input: TrialInput = {
    params: { ...request.study.fixed, ...trial.params },
    objective: request.objective,
    seed: request.study.seed,
  };
  try {
    return { value: await callTrainer<number>(worker, 'trial', input) };
  } catch (error) {
    request.signal.throwIfAborted();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
