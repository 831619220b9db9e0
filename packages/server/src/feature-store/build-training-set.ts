import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Feature, FeatureService, TrainingSetSpine } from '@esteira/contracts';
import type { Datasets, OpenDataset } from '../datasets/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { BlobStore } from '../storage/blobs/blob-store.ts';
import { engineProblem, type TableEngine } from '../storage/tables/table-engine.ts';
import { codedFactsSql, codedSpineSql, codedView, keyCodesSql } from './key-codes-sql.ts';
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
      const lastHashes = wanted.samples.length === 0 ? [] : await engine.query(lastHashesSql(wanted, source));
      await engine.query(spineSql({ ...request, source, lastHashes, table: 'spine' }));
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

// What the running totals and the sorts of an as-of join need at a time stays below some 100 MB.
const factsAtOnce = 400_000;
// Each share passes over all facts of its view; beyond this the engine's spilling is cheaper.
const mostShares = 32;

type Statements = Pick<TableEngine, 'query'>;
type Run = Parameters<typeof buildTrainingSet>[3];

/** Joins every use of every view, one view after the other. */
async function joinViews(
  engine: Statements,
  { service, views }: BuildRequest,
  sources: ReadonlyMap<string, string>,
  run: Run,
): Promise<readonly JoinedUse[]> {
  const [times] = await engine.query('SELECT min(event_time) AS first, max(event_time) AS last FROM spine');
  const joined: JoinedUse[] = [];
  for (const [place, view] of views.entries()) {
    if (views.indexOf(view) !== place) continue;
    const uses = service.features.flatMap((use, index) =>
      views[index] === view ? [{ use, index, keys: spineKeyColumns(index, view) }] : [],
    );
    const from = sources.get(view.body.source) ?? '';
    const span = { after: Number(times?.first) - widestWindow(view), until: Number(times?.last) };
    await joinView(engine, view, uses, factRowsSql(view, from, span), {
      signal: run.signal,
      progress: (share, message) => run.progress(0.05 + (0.85 * (place + share)) / views.length, message),
    });
    for (const { use, index } of uses)
      joined.push({ index, table: `features_${index}`, columns: namesOf(use, view) });
  }
  return joined.sort((left, right) => left.index - right.index);
}

/** One use of a view by a service, and the spine's columns of its keys. */
interface ViewUse {
  readonly use: ServiceBody['features'][number];
  readonly index: number;
  readonly keys: readonly string[];
}

/**
 * Makes the table `features_<index>` of every use of a view, in the order of the spine. The facts are read once, and joined
 * one share of their keys after the other, so that memory holds the totals and sorts of one share at a time.
 */
async function joinView(
  engine: Statements,
  view: NamedView,
  uses: readonly ViewUse[],
  facts: string,
  run: Run,
): Promise<void> {
  const coded = codedView(view);
  const isKeyed = keyNames(view.body).length > 0;
  run.progress(0, `reading ${view.name}`);
  const columns = uses.map(({ keys }) => keys);
  if (isKeyed) await engine.query(keyCodesSql('spine', columns, 'codes'));
  await engine.query(codedFactsSql(view, facts, 'codes', 'known_facts'));
  await engine.query(shiftsSql(coded, 'SELECT * FROM known_facts', 'shifts'));
  for (const { index, keys } of uses)
    await engine.query(codedSpineSql('spine', keys, 'codes', `asked_${index}`));
  const [values] = await engine.query('SELECT facts, whole, complete FROM shifts');
  const known = { whole: values?.whole === true, complete: values?.complete === true };
  const shares = Math.min(mostShares, Math.ceil(Number(values?.facts) / factsAtOnce));
  const count = isKeyed ? Math.max(1, shares) : 1;
  const tables = { facts: count === 1 ? 'known_facts' : 'facts', totals: 'totals', shifts: 'shifts', known };
  for (let number = 0; number < count; number++) {
    run.signal.throwIfAborted();
    const message = `summing up ${view.name}${count === 1 ? '' : `, ${number + 1} of ${count}`}`;
    run.progress(number / count, message);
    const share = { number, count };
    if (count > 1) await engine.query(factsSql(coded, 'SELECT * FROM known_facts', share, tables.facts));
    await engine.query(totalsSql(coded, tables, tables.totals, known));
    for (const { use, index } of uses) {
      run.signal.throwIfAborted();
      const features = chosenFeatures(use.only, view);
      const keyColumns = isKeyed ? ['code'] : [];
      const asked = { view: coded, keyColumns, prefix: use.prefix, features, ...tables };
      const into = number === 0 ? `CREATE TEMP TABLE joined_${index} AS` : `INSERT INTO joined_${index}`;
      await engine.query(`${into} ${featuresSql(asked, `asked_${index}`, share)}`);
    }
  }
  for (const table of ['known_facts', 'facts', 'totals', 'shifts', 'codes'])
    await engine.query(`DROP TABLE IF EXISTS ${table}`);
  for (const { index } of uses) {
    await engine.query(
      `CREATE TEMP TABLE features_${index} AS SELECT * EXCLUDE (row_id) FROM joined_${index} ORDER BY row_id`,
    );
    for (const done of [`joined_${index}`, `asked_${index}`]) await engine.query(`DROP TABLE ${done}`);
  }
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
