import type { Study, Trial } from '@esteira/contracts';
import type * as Ml from '@esteira/ml';
import type { SamplerTrial } from '@esteira/ml';
import type { AuditLog } from '../governance/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import { loadWhenUsed } from '../kernel/load-when-used.ts';
import type { SqlDatabase, SqlReader } from '../storage/sql/sql-database.ts';
import { bestTrial } from './best-trial.ts';
import {
  findStudy,
  findStudyByRequest,
  finishTrial,
  insertStudy,
  insertTrial,
  listStudies,
  listTrials,
} from './study-store.ts';

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

export interface TuningDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: Pick<AuditLog, 'record'>;
}

type TrialOutcome = { readonly value: number } | { readonly error: string };

/** The server owns the study: asking and telling are transactions, so that any number of workers may take part. */
export interface TuningService {
  /** Opens a study; with a `requestKey` that was used before, returns the study it opened. */
  createStudy(
    context: RequestContext,
    study: Omit<Study, 'id' | 'createdAt'>,
    requestKey?: string,
  ): Promise<Study>;
  /** Starts the next trial. Throws STUDY_NOT_FOUND, STUDY_EXHAUSTED. */
  ask(context: RequestContext, studyId: string): Promise<Trial>;
  /** Ends a running trial. Throws STUDY_NOT_FOUND, TRIAL_NOT_RUNNING. */
  tell(context: RequestContext, studyId: string, number: number, outcome: TrialOutcome): Promise<Trial>;
  get(
    workspace: string,
    studyId: string,
  ): Promise<{ study: Study; trials: readonly Trial[]; best: Trial | undefined }>;
  list(workspace: string, filter: Parameters<typeof listStudies>[2]): Promise<readonly Study[]>;
  /** Parameters of the best trial together with the fixed ones. Throws STUDY_WITHOUT_RESULT. */
  bestParameters(
    workspace: string,
    studyId: string,
  ): Promise<Record<string, string | number | boolean | null>>;
}

export function createTuningService(deps: TuningDeps): TuningService {
  return {
    createStudy: (context, wanted, requestKey) =>
      deps.sql.transaction(async (tx) => {
        const earlier =
          requestKey === undefined ? undefined : await findStudyByRequest(tx, context.workspace, requestKey);
        if (earlier) return earlier;
        const study: Study = { ...wanted, id: deps.ids.next('study'), createdAt: deps.clock.now() };
        checkSpace(study);
        await insertStudy(tx, context.workspace, study, requestKey ?? null);
        await deps.audit.record(tx, context, {
          action: 'tuning.study.created',
          subject: { kind: 'study', id: study.id },
          details: { name: study.name, sampler: study.sampler, maxTrials: study.maxTrials, seed: study.seed },
        });
        return study;
      }),

    ask: (context, studyId) =>
      deps.sql.transaction(async (tx) => {
        const study = await requireStudy(tx, context.workspace, studyId);
        const trials = await listTrials(tx, context.workspace, studyId);
        if (trials.length >= study.maxTrials)
          throw esteiraError('STUDY_EXHAUSTED', { id: studyId, limit: study.maxTrials });
        const trial: Trial = {
          number: trials.length,
          state: 'RUNNING',
          params: suggestParameters(study, trials),
          value: null,
          error: null,
          startedAt: deps.clock.now(),
          finishedAt: null,
        };
        await insertTrial(tx, context.workspace, studyId, trial);
        return trial;
      }),

    tell: (context, studyId, number, outcome) =>
      deps.sql.transaction(async (tx) => {
        await requireStudy(tx, context.workspace, studyId);
        const trial = (await listTrials(tx, context.workspace, studyId)).find(
          (candidate) => candidate.number === number,
        );
        if (trial?.state !== 'RUNNING') throw esteiraError('TRIAL_NOT_RUNNING', { id: studyId, number });
        const ended: Trial =
          'value' in outcome
            ? { ...trial, state: 'COMPLETE', value: outcome.value, finishedAt: deps.clock.now() }
            : { ...trial, state: 'FAIL', error: outcome.error, finishedAt: deps.clock.now() };
        await finishTrial(tx, context.workspace, studyId, ended);
        return ended;
      }),

    async get(workspace, studyId) {
      const study = await requireStudy(deps.sql, workspace, studyId);
      const trials = await listTrials(deps.sql, workspace, studyId);
      return { study, trials, best: bestTrial(study, trials) };
    },

    list: (workspace, filter) => listStudies(deps.sql, workspace, filter),

    async bestParameters(workspace, studyId) {
      const study = await requireStudy(deps.sql, workspace, studyId);
      const best = bestTrial(study, await listTrials(deps.sql, workspace, studyId));
      if (!best) throw esteiraError('STUDY_WITHOUT_RESULT', { id: studyId });
      return { ...study.fixed, ...best.params };
    },
  };
}

async function requireStudy(sql: SqlReader, workspace: string, id: string): Promise<Study> {
  const study = await findStudy(sql, workspace, id);
  if (!study) throw esteiraError('STUDY_NOT_FOUND', { id });
  return study;
}

function suggestParameters(study: Study, trials: readonly Trial[]): Trial['params'] {
  const options = { seed: study.seed, trialNumber: trials.length };
  if (study.sampler === 'random') return ml().suggestRandom(study.space, options);
  return ml().suggestTpe(study.space, trials.map(toSamplerTrial), { ...options, direction: study.direction });
}

function toSamplerTrial({ number, state, params, value }: Trial): SamplerTrial {
  return { number, state, params, value };
}

function checkSpace(study: Study): void {
  for (const [name, distribution] of Object.entries(study.space)) {
    if (distribution.type === 'categorical') continue;
    const { low, high, log } = distribution;
    if (!(low <= high))
      throw esteiraError('TRAINING_PARAMETERS_INVALID', {
        problem: `${name}: low ${low} is above high ${high}`,
      });
    if (log && low <= 0)
      throw esteiraError('TRAINING_PARAMETERS_INVALID', {
        problem: `${name}: a logarithmic scale begins above 0`,
      });
  }
}
