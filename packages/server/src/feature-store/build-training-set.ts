import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Feature, FeatureService, TrainingSetSpine } from '@esteira/contracts';
import type { Datasets, OpenDataset } from '../datasets/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { engineProblem, type TableEngine } from '../storage/tables/table-engine.ts';
import {
  factRowsSql,
  factsSql,
  featuresSql,
  keyNames,
  type NamedView,
  shiftsSql,
  totalsSql,
  widestWindow,
} from './trailing-features-sql.ts';
import { joinedSql, lastHashesSql, type ServiceBody, spineKeyColumns, spineSql } from './training-set-sql.ts';

export interface BuildDeps {
  readonly tables: TableEngine;
  readonly blobs: BlobStore;
  readonly datasets: Pick<Datasets, 'open' | 'registerDerived'>;
}

export interface BuildRequest {
  readonly wanted: TrainingSetSpine;
  readonly project: string | undefined;
  readonly service: FeatureService;
  /** The view of each use of the service, in its order. */
  readonly views: readonly NamedView[];
}

type DerivedVersion = Awaited<ReturnType<Datasets['registerDerived']>>;

/** Builds a point-in-time-correct training set and keeps it as a dataset version that remembers its features. */
export async function buildTrainingSet(
  deps: BuildDeps,
  context: RequestContext,
  request: BuildRequest,
  run: { signal: AbortSignal; progress(share: number, message: string): void },
): Promise<DerivedVersion> {
  const directory = await deps.blobs.temporaryDirectory();
  try {
    return await buildAt(join(directory, 'training-set.parquet'), deps, context, request, run);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function buildAt(
  path: string,
  deps: BuildDeps,
  context: RequestContext,
  request: BuildRequest,
  run: { signal: AbortSignal; progress(share: number, message: string): void },
): Promise<DerivedVersion> {
  const { wanted, service } = request;
  const source = await deps.datasets.open(context.workspace, wanted.source.id);
  const facts = await openFacts(deps, context, request, source);
  const features = request.service.features.map((use, index) => namesOf(use, request.views[index]));
  const { rows } = await asTrainingSetError(wanted.name, () =>
    deps.tables.session(async (engine) => {
      run.progress(0, 'choosing rows');
      const hashes = wanted.samples.length === 0 ? [] : await engine.query(lastHashesSql(wanted, source));
      await engine.query(spineSql(wanted, service, request.views, source, hashes, 'spine'));
      const tables = await joinViews(engine, request, facts, run);
      run.progress(0.9, 'writing');
      return await engine.writeParquet(joinedSql(wanted, service, 'spine', tables), path);
    }),
  );
  if (rows === 0)
    throw esteiraError('TRAINING_SET_FAILED', {
      name: wanted.name,
      problem: 'no row of the source is inside the window',
    });
  return await deps.datasets.registerDerived(context, {
    dataset: wanted.name,
    ...(request.project === undefined ? {} : { project: request.project }),
    parquetPath: path,
    parents: [
      { kind: 'dataset-version', id: wanted.source.id },
      ...Object.values(wanted.sources).map(({ id }) => ({ kind: 'dataset-version' as const, id })),
    ],
    description: `Training set of ${service.name} version ${service.version}`,
    attributes: {
      features: [...features.flat(), ...service.onDemand.map(({ name }) => name)],
      label: wanted.label === undefined ? null : 'label',
      eventTime: 'event_time',
      keep: wanted.keep,
      featureService: service.name,
      featureServiceVersion: service.version,
      featureServiceDigest: service.digest,
    },
  });
}

/** The features a use takes of its view, in the view's order. */
export function chosenFeatures(only: readonly string[] | undefined, view: NamedView): readonly Feature[] {
  return only === undefined
    ? view.body.features
    : view.body.features.filter((feature) => only.includes(feature.name));
}

async function openFacts(
  deps: BuildDeps,
  context: RequestContext,
  request: BuildRequest,
  source: OpenDataset,
): Promise<ReadonlyMap<string, string>> {
  const from = new Map<string, string>([[source.dataset, source.from]]);
  for (const [dataset, reference] of Object.entries(request.wanted.sources)) {
    from.set(dataset, (await deps.datasets.open(context.workspace, reference.id)).from);
  }
  for (const view of request.views) {
    if (!from.has(view.body.source))
      throw esteiraError('FEATURE_SOURCE_MISSING', { view: view.name, dataset: view.body.source });
  }
  return from;
}

// What the running totals and the sorts of an as-of join need at a time stays below some 150 MB.
const factsAtOnce = 500_000;
// Each share reads the source again; beyond this the engine's spilling is cheaper.
const mostShares = 16;

/**
 * Joins every use of every view: one view after the other and one share of its keys after the other, so that memory holds
 * the facts and totals of one share at a time.
 */
async function joinViews(
  engine: Pick<TableEngine, 'query'>,
  { service, views }: BuildRequest,
  facts: ReadonlyMap<string, string>,
  run: { signal: AbortSignal; progress(share: number, message: string): void },
): Promise<readonly JoinedUse[]> {
  const [times] = await engine.query('SELECT min(event_time) AS first, max(event_time) AS last FROM spine');
  const joined: JoinedUse[] = [];
  for (const [place, view] of views.entries()) {
    if (views.indexOf(view) !== place) continue;
    const rows = factRowsSql(view, facts.get(view.body.source) ?? '', {
      after: Number(times?.first) - widestWindow(view),
      until: Number(times?.last),
    });
    await engine.query(shiftsSql(view, rows, 'shifts'));
    const uses = service.features
      .entries()
      .filter(([index]) => views[index] === view)
      .toArray();
    const count = await sharesOf(engine, view);
    for (let number = 0; number < count; number++) {
      run.signal.throwIfAborted();
      const message = `summing up ${view.name}${count === 1 ? '' : `, ${number + 1} of ${count}`}`;
      run.progress(0.05 + (0.85 * (place + number / count)) / views.length, message);
      const share = { number, count };
      await engine.query(factsSql(view, rows, share, 'facts'));
      await engine.query(totalsSql(view, { facts: 'facts', shifts: 'shifts' }, 'totals'));
      for (const [index, use] of uses) {
        run.signal.throwIfAborted();
        const select = featuresSql(
          {
            view,
            keyColumns: spineKeyColumns(index, view),
            prefix: use.prefix,
            features: chosenFeatures(use.only, view),
            facts: 'facts',
            totals: 'totals',
            shifts: 'shifts',
          },
          'spine',
          share,
        );
        const into = number === 0 ? `CREATE TEMP TABLE joined_${index} AS` : `INSERT INTO joined_${index}`;
        await engine.query(`${into} ${select}`);
      }
    }
    for (const table of ['facts', 'totals', 'shifts']) await engine.query(`DROP TABLE ${table}`);
    for (const [index, use] of uses) {
      const table = `features_${index}`;
      await engine.query(
        `CREATE TEMP TABLE ${table} AS SELECT * EXCLUDE (row_id) FROM joined_${index} ORDER BY row_id`,
      );
      await engine.query(`DROP TABLE joined_${index}`);
      joined.push({ index, table, columns: namesOf(use, view) });
    }
  }
  return joined.sort((left, right) => left.index - right.index);
}

async function sharesOf(engine: Pick<TableEngine, 'query'>, view: NamedView): Promise<number> {
  if (keyNames(view.body).length === 0) return 1;
  const [row] = await engine.query('SELECT facts FROM shifts');
  return Math.min(mostShares, Math.max(1, Math.ceil(Number(row?.facts) / factsAtOnce)));
}

/** Features of one use of a view, one row per spine row. */
interface JoinedUse {
  readonly index: number;
  readonly table: string;
  readonly columns: readonly string[];
}

function namesOf(use: ServiceBody['features'][number], view: NamedView | undefined): readonly string[] {
  return view ? chosenFeatures(use.only, view).map((feature) => `${use.prefix}_${feature.name}`) : [];
}

/** The engine's refusals are the user's expressions; its first line names the column or function that does not fit. */
async function asTrainingSetError<R>(name: string, build: () => Promise<R>): Promise<R> {
  try {
    return await build();
  } catch (error) {
    const problem = engineProblem(error);
    if (problem === undefined) throw error;
    throw esteiraError('TRAINING_SET_FAILED', { name, problem }, error);
  }
}
