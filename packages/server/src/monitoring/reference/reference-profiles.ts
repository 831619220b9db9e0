import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ModelVersion, NewMonitor } from '@esteira/contracts';
import type { ComputeWorker } from '../../kernel/compute-worker.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import type { ProfileTask, ScoreProfileTask } from '../monitoring-worker.ts';
import { gridOf, type StoredMonitor, scoreColumn, watchesScore } from '../monitors/monitor.ts';
import { driftLimits } from '../windows/drift-methods.ts';
import { loadReference } from './load-reference.ts';
import type { OpenReference } from './open-reference.ts';
import type { ProfileSettings } from './profile-reference.ts';
import { insertReference, listReferences, type StoredReference } from './reference-store.ts';

type Deps = Pick<MonitoringDeps, 'sql' | 'blobs' | 'tables' | 'clock' | 'datasets' | 'logger'>;

/** The reference of a monitor as the compute thread takes it: JSON of profiled columns. */
export interface ReferenceProfiles {
  /** The features watched, in their order. */
  readonly features: readonly string[];
  readonly featureProfiles: string;
  /** What a version answers to the reference; undefined when predictions are not watched or it cannot be scored. */
  scoreProfile(version: ModelVersion): Promise<string | undefined>;
}

interface Profiled {
  readonly json: string;
  readonly rows: number;
  readonly chunks: number;
}

// Enough for a profile of one column; scoring more would only take longer.
const mostScoredRows = 20_000;

/** The features a monitor watches. Throws MONITOR_REFERENCE_UNUSABLE. */
export function watchedFeatures(
  settings: Pick<NewMonitor, 'columns'>,
  reference: OpenReference,
  live: ModelVersion | undefined,
): readonly string[] {
  const named =
    settings.columns?.filter((column) => column !== scoreColumn) ??
    live?.signature.features.map(({ name }) => name) ??
    reference.features;
  if (named === undefined) {
    throw unusable(
      'it does not say which columns are features, and no model is live; name the columns to watch',
    );
  }
  const known = new Set(reference.columns.map(({ name }) => name));
  const lacking = named.filter((name) => !known.has(name));
  if (lacking.length > 0) throw unusable(`it has no column ${lacking.slice(0, 5).join(', ')}`);
  return named;
}

/** Profiles the reference, or takes the profile made before: it is read once for the same data, columns and windows. */
export async function openProfiles(
  deps: Deps,
  monitor: StoredMonitor,
  reference: OpenReference,
  live: ModelVersion | undefined,
  worker: ComputeWorker,
): Promise<ReferenceProfiles> {
  const { settings, workspace } = monitor;
  const features = watchedFeatures(settings, reference, live);
  const { thresholds } = settings;
  const limits = driftLimits(thresholds);
  const profileSettings: ProfileSettings = { grid: gridOf(settings), minRows: thresholds.minRows, limits };
  const known = await listReferences(deps.sql, workspace, monitor.id);
  const methods = [...limits.numeric, ...limits.categorical].map(({ method }) => method);
  const common = [
    reference.digest,
    reference.timeColumn ?? null,
    profileSettings.grid,
    thresholds.minRows,
    methods,
  ];

  async function profileOnce(
    madeOf: readonly unknown[],
    modelVersionId: string | null,
    columns: number,
    profile: () => Promise<Profiled>,
  ): Promise<string> {
    const cacheKey = digestOf([...common, ...madeOf]);
    const stored = known.find((one) => one.cacheKey === cacheKey);
    if (stored) return await readFile(await deps.blobs.localFile(stored.digest), 'utf8');
    const made = await profile();
    const blob = await deps.blobs.put(chunksOf(made.json));
    const { rows, chunks } = made;
    const record: StoredReference = {
      cacheKey,
      digest: blob.digest,
      rows,
      columns,
      chunks,
      modelVersionId,
      createdAt: deps.clock.now(),
    };
    await deps.sql.transaction((tx) => insertReference(tx, workspace, monitor.id, record));
    return made.json;
  }

  const featureProfiles = await profileOnce(['features', features], null, features.length, async () => {
    const rows = await loadReference(deps.tables, reference, features);
    if (rows.rows === 0) throw unusable('it has no rows');
    const task: ProfileTask = { rows, settings: profileSettings };
    return await worker.call<Profiled>('profile', task, { handOver: true });
  });
  const scoreProfiles = new Map<string, Promise<string | undefined>>();
  return {
    features,
    featureProfiles,
    scoreProfile(version) {
      if (!watchesScore(settings)) return Promise.resolve(undefined);
      const opened = scoreProfiles.get(version.id) ?? openScores(version);
      scoreProfiles.set(version.id, opened);
      return opened;
    },
  };

  async function openScores(version: ModelVersion): Promise<string | undefined> {
    try {
      return await profileOnce(['score', version.digest], version.id, 1, () =>
        profileScores(deps, reference, version, profileSettings, worker),
      );
    } catch (error) {
      // Drift of features and performance are still worth watching without it.
      const fields = { err: error, monitor: monitor.name, modelVersionId: version.id };
      deps.logger.warn(fields, 'the reference of a monitor could not be scored');
      return undefined;
    }
  }
}

async function profileScores(
  deps: Deps,
  reference: OpenReference,
  version: ModelVersion,
  settings: ProfileSettings,
  worker: ComputeWorker,
): Promise<Profiled> {
  const model = version.artifacts.find(({ path }) => path === 'model.onnx');
  if (!model) throw new Error(`the bundle of ${version.id} has no model.onnx`);
  const names = version.signature.features.map(({ name }) => name);
  const { rows, numeric, text, times } = await loadReference(deps.tables, reference, names, mostScoredRows);
  const task: ScoreProfileTask = {
    request: {
      onnx: await readFile(await deps.blobs.localFile(model.digest)),
      signature: version.signature,
      rows,
      numeric,
      text,
    },
    times,
    settings,
  };
  return await worker.call<Profiled>('profileScores', task, { handOver: true });
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(value)).digest('hex')}`;
}

function unusable(problem: string) {
  return esteiraError('MONITOR_REFERENCE_UNUSABLE', { problem });
}
