import type { Logger } from '../kernel/logger.ts';

/** An engine that requests cannot do without. */
export interface EngineCheck {
  readonly name: string;
  /** Rejects when the engine does not answer. */
  check(): Promise<unknown>;
}

/** Whether requests should come here. */
export interface Readiness {
  /** Asks the engines, at most once a second whoever asks. */
  check(): Promise<boolean>;
  /** From now on the answer is no. */
  refuse(): void;
}

interface ReadinessTiming {
  /** How long an engine may take, in ms; 2,000 unless given. */
  readonly patience?: number;
  /** How long an answer holds, in ms; 1,000 unless given. */
  readonly keep?: number;
}

export function createReadiness(deps: {
  readonly engines: readonly EngineCheck[];
  readonly logger: Logger;
  /** Milliseconds of a clock that is never set. */
  readonly monotonic: () => number;
  readonly timing?: ReadinessTiming;
}): Readiness {
  const patience = deps.timing?.patience ?? 2_000;
  const keep = deps.timing?.keep ?? 1_000;
  const probes = deps.engines.map((engine) => ({
    name: engine.name,
    answers: patientCheck(engine, patience),
  }));
  let asking: Promise<boolean> | undefined;
  let answer: { readonly ready: boolean; readonly at: number } | undefined;
  let refusing = false;

  async function ask(): Promise<boolean> {
    const problems = await Promise.all(probes.map(({ answers }) => answers()));
    const away = probes.flatMap(({ name }, position) =>
      problems[position] === undefined ? [] : [{ engine: name, err: problems[position] }],
    );
    const ready = away.length === 0;
    if (ready !== (answer?.ready ?? true)) announce(ready, away);
    answer = { ready, at: deps.monotonic() };
    return ready;
  }

  function announce(ready: boolean, away: readonly { engine: string; err: unknown }[]): void {
    if (ready) deps.logger.info({}, 'every engine answers again');
    for (const fields of away) deps.logger.warn(fields, 'an engine does not answer; the server is not ready');
  }

  return {
    async check() {
      if (refusing) return false;
      if (answer !== undefined && deps.monotonic() - answer.at < keep) return answer.ready;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return (await asking) && !refusing;
    },
    refuse() {
      refusing = true;
    },
  };
}

/** Resolves with the problem, or undefined. An engine that hangs is asked once, not again with every probe. */
function patientCheck(engine: EngineCheck, patience: number): () => Promise<unknown> {
  let running: Promise<unknown> | undefined;
  return async () => {
    running ??= engine
      .check()
      .then(
        () => undefined,
        (error: unknown) => error ?? new Error('It does not answer.'),
      )
      .finally(() => {
        running = undefined;
      });
    const late = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => late.resolve(new Error('It did not answer in time.')), patience);
    try {
      return await Promise.race([running, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}
