import { inferenceError } from '../inference-error.ts';
import type { ModelRunner } from './model-runner.ts';
import type { ModelStream } from './model-stream.ts';

/** A model that may leave the memory and come back. */
export interface ResidentModel {
  /** For those who read of it: name and version. */
  readonly name: string;
  /** What it will hold in this process, in bytes; its own processes are measured. */
  readonly bytes: number;
  readonly load: () => Promise<ModelRunner>;
}

/** Who is in memory, and how much of it there is. */
export interface ModelResidence {
  /**
   * Loads a model and keeps it until it is idle or another one needs its room; then the next question loads it again and
   * waits for that. Rejects with MODEL_MEMORY_FULL where what others hold leaves no room, and as its `load`.
   */
  keep(model: ResidentModel): Promise<ModelRunner>;
  /** Bytes of all models that are loaded. */
  memoryBytes(): number;
  close(): void;
}

export interface ResidenceLimits {
  /** Of all models together, in bytes; undefined: what the machine has. */
  readonly memoryBytes: number | undefined;
  /** A model that nobody asked for this long leaves, in ms; undefined: it stays. */
  readonly idleMs: number | undefined;
}

type StreamQuestion = Parameters<NonNullable<ModelRunner['stream']>>;

interface Resident {
  readonly model: ResidentModel;
  runner: ModelRunner | undefined;
  loading: Promise<ModelRunner> | undefined;
  /** Asked since the last look; cheaper to note than the time. */
  used: boolean;
  usedAt: number;
  closed: boolean;
}

const lookMs = 1_000;
/** Who was asked this lately is not sent away: the question may not be answered yet. */
const quietMs = 5_000;
/** How long a question may wait until its model is back. */
const wakeMs = 30_000;
const retryAfterSeconds = 5;

export function createModelResidence(limits: ResidenceLimits, monotonic: () => number): ModelResidence {
  const residents = new Set<Resident>();
  const timer = setInterval(look, lookMs);
  timer.unref();

  function look(): void {
    const now = monotonic();
    for (const resident of residents) {
      if (resident.used) resident.usedAt = now;
      resident.used = false;
      if (limits.idleMs !== undefined && now - resident.usedAt >= limits.idleMs) sendAway(resident);
    }
  }

  function sendAway(resident: Resident): void {
    const { runner } = resident;
    if (runner === undefined || runner.waiting() > 0) return;
    resident.runner = undefined;
    void runner.close();
  }

  function bytesOf({ model, runner }: Resident): number {
    return runner === undefined ? 0 : model.bytes + runner.memoryBytes();
  }

  function memoryBytes(): number {
    let sum = 0;
    for (const resident of residents) sum += bytesOf(resident);
    return sum;
  }

  /** Sends away who was not asked for longest, as many as it takes. Throws MODEL_MEMORY_FULL when that is not enough. */
  function makeRoom(newcomer: Resident, bytes: number): void {
    const limit = limits.memoryBytes;
    if (limit === undefined) return;
    look();
    const now = monotonic();
    const quiet = [...residents]
      .filter((one) => one !== newcomer && one.runner !== undefined && now - one.usedAt >= quietMs)
      .sort((a, b) => a.usedAt - b.usedAt);
    for (const one of quiet) {
      if (memoryBytes() + bytes <= limit) return;
      sendAway(one);
    }
    if (memoryBytes() + bytes <= limit) return;
    const mebibytes = (size: number) => Math.ceil(size / 2 ** 20);
    throw inferenceError('MODEL_MEMORY_FULL', {
      model: newcomer.model.name,
      needed: mebibytes(bytes + bytesOf(newcomer)),
      held: mebibytes(memoryBytes() - bytesOf(newcomer)),
      limit: mebibytes(limit),
      retryAfterSeconds,
    });
  }

  async function load(resident: Resident): Promise<ModelRunner> {
    makeRoom(resident, resident.model.bytes);
    const runner = await resident.model.load();
    resident.runner = runner;
    resident.usedAt = monotonic();
    try {
      if (resident.closed) throw new Error('The model is served no more.');
      makeRoom(resident, 0);
    } catch (error) {
      resident.runner = undefined;
      await runner.close();
      throw error;
    }
    return runner;
  }

  function wake(resident: Resident): Promise<ModelRunner> {
    resident.loading ??= load(resident).finally(() => {
      resident.loading = undefined;
    });
    return resident.loading;
  }

  async function wakeInTime(resident: Resident, model: string): Promise<ModelRunner> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(inferenceError('MODEL_TIMED_OUT', { model, timeoutMs: wakeMs, retryAfterSeconds })),
      wakeMs,
    );
    try {
      return await Promise.race([wake(resident), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opened with its first piece; while pieces are read the model stays. */
  function streamOf(resident: Resident, [batch, endpoint, timeoutMs]: StreamQuestion): ModelStream {
    let opening: Promise<ModelStream> | undefined;
    async function open(): Promise<ModelStream> {
      const runner = resident.runner ?? (await wakeInTime(resident, endpoint));
      if (runner.stream === undefined) throw new Error(`${resident.model.name} answers at once.`);
      return runner.stream(batch, endpoint, timeoutMs);
    }
    return {
      async next() {
        resident.used = true;
        opening ??= open();
        return await (await opening).next();
      },
      cancel() {
        opening?.then((stream) => stream.cancel()).catch(() => {});
      },
    };
  }

  return {
    async keep(model) {
      const resident: Resident = {
        model,
        runner: undefined,
        loading: undefined,
        used: false,
        usedAt: monotonic(),
        closed: false,
      };
      residents.add(resident);
      try {
        const { coldMs, engine, stream } = await wake(resident);
        return {
          ...(stream === undefined ? {} : { stream: (...asked) => streamOf(resident, asked) }),
          coldMs,
          engine,
          run(batch, endpoint, timeoutMs) {
            resident.used = true;
            const { runner } = resident;
            if (runner !== undefined) return runner.run(batch, endpoint, timeoutMs);
            return wakeInTime(resident, endpoint).then((woken) => woken.run(batch, endpoint, timeoutMs));
          },
          runAndKill: async (batch) => (await wake(resident)).runAndKill(batch),
          waiting: () => resident.runner?.waiting() ?? 0,
          memoryBytes: () => bytesOf(resident),
          async close() {
            resident.closed = true;
            residents.delete(resident);
            await resident.loading?.catch(() => {});
            await resident.runner?.close();
          },
        };
      } catch (error) {
        residents.delete(resident);
        throw error;
      }
    },
    memoryBytes,
    close: () => clearInterval(timer),
  };
}
