import { InferenceError, inferenceError } from '../inference-error.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { batchShape, cutRows, joinBatches, splitBatch } from './join-batches.ts';
import type { ModelProcess } from './model-process.ts';

/**
 * The processes of one model and the questions that wait for them. What waits when a process is free goes to it as one
 * batch, if it has one shape; nobody waits for others to come. The queue is bounded, and a question that cannot be
 * answered before its deadline is refused while it waits: a process that starts takes nothing until it is ready, which those
 * that run may answer meanwhile. A process that overruns a deadline is ended and replaced.
 */
export interface ModelPool {
  /**
   * Answers for the endpoint `model` before `deadline` (ms of the monotonic clock) or rejects: SERVER_OVERLOADED when too much waits, MODEL_TIMED_OUT
   * when the time ran out in the queue or in the model, MODEL_PAUSED after many failures, else what the model said.
   */
  ask(batch: FeatureBatch, model: string, deadline: number): Promise<readonly Tensor[]>;
  /** Questions that wait or are being answered. */
  waiting(): number;
  processes(): number;
  /** Resident bytes of its processes. */
  memoryBytes(): number;
  close(): void;
}

export interface ModelPoolDeps {
  readonly start: () => Promise<ModelProcess>;
  /** Rows that are answered as the rows of one batch are answered alone, so that batches may be joined. */
  readonly joinable: boolean;
  readonly maximumProcesses: number;
  readonly monotonic: () => number;
  readonly memoryOf: (pid: number) => number;
}

interface Question {
  readonly batch: FeatureBatch;
  readonly model: string;
  readonly shape: string;
  readonly askedAt: number;
  readonly deadline: number;
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Member {
  readonly process: ModelProcess;
  busy: boolean;
  idleSince: number;
}

const maximumWaiting = 512;
const maximumRows = 256;
/** A model that nobody asked for this long gives its memory back; the first question starts it again. */
const idleMs = 10 * 60_000;
const idleExtraMs = 30_000;
const retryAfterSeconds = 1;

export function createModelPool(deps: ModelPoolDeps): ModelPool {
  const { monotonic } = deps;
  const breaker = createCircuitBreaker(deps);
  const members = new Set<Member>();
  let queue: Question[] = [];
  let running = 0;
  let starting = false;
  let closed = false;
  /** Until the first of those who wait is late. */
  let patience: NodeJS.Timeout | undefined;
  /** Of the last batches: ms per row and per batch, to see what cannot be answered in time. */
  let expectedMs = 0;
  const sweep = setInterval(endIdle, idleExtraMs / 2);
  sweep.unref();

  function enqueue(batch: FeatureBatch, model: string, deadline: number): Promise<readonly Tensor[]> {
    return new Promise((resolve, reject) => {
      queue.push({ batch, model, shape: batchShape(batch), askedAt: monotonic(), deadline, resolve, reject });
      dispatch();
    });
  }

  function dispatch(): void {
    if (closed) return;
    refuseLate();
    for (const member of members) {
      if (queue.length === 0) return;
      if (!member.busy) void serve(member);
    }
    if (queue.length === 0) return;
    if (!starting && members.size < deps.maximumProcesses) void grow();
    if (patience !== undefined) return;
    const deadline = Math.min(...queue.map((question) => question.deadline));
    patience = setTimeout(
      () => {
        patience = undefined;
        dispatch();
      },
      Math.max(0, deadline - expectedMs - monotonic()),
    );
  }

  /** One more process, at a time: what waits may be answered before it is ready. */
  async function grow(): Promise<void> {
    starting = true;
    try {
      const process = await deps.start();
      if (closed) process.kill();
      else members.add({ process, busy: false, idleSince: monotonic() });
    } catch (error) {
      breaker.failed();
      // Others may answer yet, unless there are none.
      if (members.size === 0) for (const question of queue.splice(0)) question.reject(error);
    } finally {
      starting = false;
      dispatch();
    }
  }

  /** A late answer helps nobody: what cannot be done in time is refused while it waits. */
  function refuseLate(): void {
    const now = monotonic();
    const late = queue.filter((question) => now + expectedMs >= question.deadline);
    if (late.length === 0) return;
    queue = queue.filter((question) => now + expectedMs < question.deadline);
    for (const question of late) question.reject(timedOut(question));
  }

  function takeBatch(): Question[] {
    const [first] = queue;
    if (first === undefined) return [];
    const taken = [first];
    let rows = first.batch.rows;
    const left: Question[] = [];
    for (const question of queue.slice(1)) {
      const fits =
        deps.joinable && question.shape === first.shape && rows + question.batch.rows <= maximumRows;
      if (fits) {
        taken.push(question);
        rows += question.batch.rows;
      } else left.push(question);
    }
    queue = left;
    return taken;
  }

  async function serve(member: Member): Promise<void> {
    member.busy = true;
    const questions = takeBatch();
    running += questions.length;
    try {
      await answer(member, questions);
    } catch (error) {
      for (const question of questions) question.reject(error);
    } finally {
      running -= questions.length;
      member.busy = false;
      member.idleSince = monotonic();
      if (member.process.ended()) members.delete(member);
      dispatch();
    }
  }

  async function answer(member: Member, questions: readonly Question[]): Promise<void> {
    const deadline = Math.min(...questions.map((question) => question.deadline));
    const began = monotonic();
    const late = setTimeout(
      () => {
        member.process.kill();
        for (const question of questions) question.reject(timedOut(question));
        breaker.failed();
      },
      Math.max(0, deadline - began),
    );
    try {
      const batches = questions.map((question) => question.batch);
      const { outputs, ms } = await member.process.run(joinBatches(batches));
      expectedMs = expectedMs === 0 ? ms : 0.8 * expectedMs + 0.2 * ms;
      handOut(questions, outputs);
      breaker.succeeded();
    } catch (error) {
      if (monotonic() < deadline && !isCallers(error)) breaker.failed();
      throw error;
    } finally {
      clearTimeout(late);
      if (closed) member.process.kill();
    }
  }

  function endIdle(): void {
    const now = monotonic();
    for (const member of members) {
      const patience = members.size > 1 ? idleExtraMs : idleMs;
      if (member.busy || now - member.idleSince < patience) continue;
      member.process.kill();
      members.delete(member);
    }
  }

  function timedOut({ model, askedAt, deadline }: Question) {
    const timeoutMs = Math.round(deadline - askedAt);
    return inferenceError('MODEL_TIMED_OUT', { model, timeoutMs, retryAfterSeconds });
  }

  return {
    async ask(batch, model, deadline) {
      const pauseMs = breaker.closedFor();
      if (pauseMs > 0) {
        const after = Math.max(1, Math.ceil(pauseMs / 1000));
        throw inferenceError('MODEL_PAUSED', { model, retryAfterSeconds: after });
      }
      const parts = deps.joinable ? splitBatch(batch, maximumRows) : [batch];
      if (queue.length + parts.length > maximumWaiting)
        throw inferenceError('SERVER_OVERLOADED', { model, retryAfterSeconds });
      const answers = await Promise.all(parts.map((part) => enqueue(part, model, deadline)));
      const [only = []] = answers;
      return answers.length === 1 ? only : joinAnswers(answers);
    },
    waiting: () => queue.length + running,
    processes: () => members.size,
    memoryBytes() {
      let bytes = 0;
      for (const { process } of members) bytes += deps.memoryOf(process.pid);
      return bytes;
    },
    close() {
      closed = true;
      clearInterval(sweep);
      clearTimeout(patience);
      for (const question of queue) question.reject(new Error('The model is served no more.'));
      queue = [];
      for (const member of members) if (!member.busy) member.process.kill();
    },
  };
}

/** The model said no to what it was asked: it is as well as before. */
function isCallers(error: unknown): boolean {
  return error instanceof InferenceError && error.status < 500;
}

function handOut(questions: readonly Question[], outputs: readonly Tensor[]): void {
  const [only] = questions;
  if (only !== undefined && questions.length === 1) {
    only.resolve(outputs);
    return;
  }
  const rows = questions.reduce((sum, question) => sum + question.batch.rows, 0);
  let first = 0;
  for (const question of questions) {
    const own = cutRows(outputs, rows, first, question.batch.rows);
    if (own === undefined) throw new Error('The model does not answer row by row.');
    question.resolve(own);
    first += question.batch.rows;
  }
}

function joinAnswers(answers: readonly (readonly Tensor[])[]): readonly Tensor[] {
  return joinBatches(
    answers.map((outputs) => ({
      rows: outputs[0]?.shape[0] ?? 0,
      feeds: new Map(outputs.map((tensor) => [tensor.name, tensor])),
    })),
  );
}
