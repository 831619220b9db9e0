import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import { type Page, type PageRequest, pagesById, pagesByKey } from '../../kernel/paging.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { KnownExperiments } from '../datasets/evaluation-datasets.ts';
import {
  deleteVersions,
  ensureScorer,
  findScorer,
  insertScorerVersion,
  listScorers,
  listVersions,
  listVersionsOf,
  newestVersion,
  newestVersions,
  type ScorerVersion,
} from './scorer-store.ts';

/** A scorer by its experiment's number and its name. */
interface ScorerKey {
  readonly experiment: number;
  readonly name: string;
}

/** What judges answers, kept version by version for those who run it. The server runs none of it. */
export interface Scorers {
  /** Makes the next version. Throws EXPERIMENT_NOT_FOUND. */
  register(
    context: RequestContext,
    scorer: ScorerKey & { readonly definition: string },
  ): Promise<ScorerVersion>;
  /** The newest version of each, of those of these experiments that exist, or of all. */
  list(
    context: RequestContext,
    experiments: readonly number[] | undefined,
  ): Promise<readonly ScorerVersion[]>;
  /** The newest version of each scorer of an experiment. Throws EXPERIMENT_NOT_FOUND. */
  listOf(context: RequestContext, experiment: number): Promise<readonly ScorerVersion[]>;
  /** Oldest first. Throws EXPERIMENT_NOT_FOUND, SCORER_NOT_FOUND. */
  versions(context: RequestContext, scorer: ScorerKey): Promise<readonly ScorerVersion[]>;
  /** The newest unless a version is given. Throws EXPERIMENT_NOT_FOUND, SCORER_NOT_FOUND. */
  find(context: RequestContext, scorer: ScorerKey, version: number | undefined): Promise<ScorerVersion>;
  /** The newest version of each, the newest scorer first. Throws INVALID_REQUEST for a foreign cursor. */
  page(
    workspace: string,
    list: PageRequest & { readonly experiment: number | undefined },
  ): Promise<Page<ScorerVersion>>;
  /** Its newest version. Throws SCORER_ID_NOT_FOUND. */
  byId(workspace: string, id: string): Promise<ScorerVersion>;
  /** Newest first. Throws SCORER_ID_NOT_FOUND, INVALID_REQUEST for a foreign cursor. */
  versionsOf(workspace: string, id: string, page: PageRequest): Promise<Page<ScorerVersion>>;
  /** One version, or all. Throws EXPERIMENT_NOT_FOUND, SCORER_NOT_FOUND. */
  remove(context: RequestContext, scorer: ScorerKey, version: number | undefined): Promise<void>;
}

export interface ScorersDeps {
  readonly sql: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly audit: AuditLog;
  readonly experiments: KnownExperiments;
}

const scorerPages = pagesById('scorers');
const versionPages = pagesByKey('scorer-versions', ['number'], (row: { readonly version: number }) => [
  row.version,
]);

export function createScorers(deps: ScorersDeps): Scorers {
  const { sql } = deps;

  async function requireExperiments(context: RequestContext, experiments: readonly number[]): Promise<void> {
    const known = await deps.experiments.known(context, experiments);
    const missing = experiments.find((number) => !known.has(number));
    if (missing !== undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: String(missing) });
  }

  return {
    async register(context, { experiment, name, definition }) {
      const { workspace } = context;
      await requireExperiments(context, [experiment]);
      return await sql.transaction(async (tx) => {
        const scorerId = await ensureScorer(tx, { workspace, experiment, name }, deps.ids.next('sc'));
        const version: ScorerVersion = {
          scorerId,
          experiment,
          name,
          version: (await newestVersion(tx, scorerId)) + 1,
          definition,
          createdBy: context.actor.id,
          createdAt: deps.clock.now(),
        };
        await insertScorerVersion(tx, version);
        await deps.audit.record(tx, context, {
          action: 'evaluation.scorer.registered',
          subject: { kind: 'scorer', id: scorerId },
          details: { name, version: version.version },
        });
        return version;
      });
    },

    async list(context, experiments) {
      const { workspace } = context;
      if (experiments === undefined) return await newestVersions(sql, workspace, undefined);
      const known = [...(await deps.experiments.known(context, experiments))];
      return known.length === 0 ? [] : await newestVersions(sql, workspace, known);
    },

    async listOf(context, experiment) {
      await requireExperiments(context, [experiment]);
      return await newestVersions(sql, context.workspace, [experiment]);
    },

    async versions(context, scorer) {
      await requireExperiments(context, [scorer.experiment]);
      const found = await listVersions(sql, { workspace: context.workspace, ...scorer });
      if (found.length === 0) throw notFound(scorer, undefined);
      return found;
    },

    async find(context, scorer, version) {
      await requireExperiments(context, [scorer.experiment]);
      const found = await listVersions(sql, { workspace: context.workspace, ...scorer });
      const wanted = version === undefined ? found.at(-1) : found.find((one) => one.version === version);
      if (wanted === undefined) throw notFound(scorer, version);
      return wanted;
    },

    async page(workspace, { experiment, limit, cursor }) {
      const { before } = scorerPages.before(cursor);
      const rows = await listScorers(sql, workspace, { experiment, before, limit: limit + 1 });
      return scorerPages.of(
        rows.map((version) => ({ id: version.scorerId, version })),
        limit,
        ({ version }) => version,
      );
    },

    async byId(workspace, id) {
      const [newest] = await listVersionsOf(sql, workspace, id, { before: undefined, limit: 1 });
      if (newest === undefined) throw esteiraError('SCORER_ID_NOT_FOUND', { id });
      return newest;
    },

    async versionsOf(workspace, id, { limit, cursor }) {
      const before = versionPages.keyBehind(cursor)?.[0];
      const rows = await listVersionsOf(sql, workspace, id, { before, limit: limit + 1 });
      if (rows.length === 0 && before === undefined) throw esteiraError('SCORER_ID_NOT_FOUND', { id });
      return versionPages.of(rows, limit);
    },

    async remove(context, scorer, version) {
      const { workspace } = context;
      await requireExperiments(context, [scorer.experiment]);
      await sql.transaction(async (tx) => {
        const id = await findScorer(tx, { workspace, ...scorer });
        if (id === undefined || (await deleteVersions(tx, id, version)) === 0)
          throw notFound(scorer, version);
        await deps.audit.record(tx, context, {
          action: 'evaluation.scorer.removed',
          subject: { kind: 'scorer', id },
          details: { name: scorer.name, ...(version === undefined ? {} : { version }) },
        });
      });
    },
  };
}

function notFound({ name, experiment }: ScorerKey, version: number | undefined): Error {
  const which = version === undefined ? '' : ` and version ${version}`;
  return esteiraError('SCORER_NOT_FOUND', { name, which, experiment });
}
