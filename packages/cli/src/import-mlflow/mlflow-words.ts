import type { ImportedRun, MetricValue } from '@esteira/contracts';

/** Tags of MLflow that are words of the thing itself here. */
const wordTags = {
  name: 'mlflow.runName',
  note: 'mlflow.note.content',
  parent: 'mlflow.parentRunId',
} as const;

export const datasetContextTag = 'mlflow.data.context';

/** Names with their values. */
type Entries = [name: string, value: string][];

const statuses = {
  RUNNING: 'running',
  SCHEDULED: 'scheduled',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'cancelled',
} as const;

export function runStatus(status: string): ImportedRun['status'] {
  return (statuses as Readonly<Record<string, ImportedRun['status']>>)[status] ?? 'failed';
}

/** By their numbers in MLflow. */
export const loggedModelStatuses = ['unspecified', 'pending', 'ready', 'failed'] as const;

const stages = {
  None: 'none',
  Staging: 'staging',
  Production: 'production',
  Archived: 'archived',
} as const;

/** Undefined of a version that was deleted. */
export function versionStage(stage: string): (typeof stages)[keyof typeof stages] | undefined {
  return (stages as Readonly<Record<string, (typeof stages)[keyof typeof stages]>>)[stage];
}

/** Parts the tags of a run into its words and the rest. */
export function wordsOfRun(
  tags: Entries,
  name: string,
): { readonly name: string; readonly note: string; readonly parentRunId?: string; readonly tags: Entries } {
  const parent = entryOf(tags, wordTags.parent);
  const words: readonly string[] = Object.values(wordTags);
  return {
    name: name === '' ? (entryOf(tags, wordTags.name) ?? '') : name,
    note: entryOf(tags, wordTags.note) ?? '',
    ...(parent === undefined ? {} : { parentRunId: parent }),
    tags: tags.filter(([tag]) => !words.includes(tag)),
  };
}

export function wordsOfExperiment(tags: Entries): { readonly note: string; readonly tags: Entries } {
  return {
    note: entryOf(tags, wordTags.note) ?? '',
    tags: tags.filter(([tag]) => tag !== wordTags.note),
  };
}

export function entryOf(entries: Entries, wanted: string): string | undefined {
  return entries.find(([name]) => name === wanted)?.[1];
}

/** Numbers of experiments that Esteira can keep; others get new ones. */
export function experimentNumber(key: string): { readonly number?: number } {
  return /^\d{1,9}$/.test(key) ? { number: Number(key) } : {};
}

/** What JSON carries of a metric's value: words for those that are no numbers there. */
export function metricValue(value: number | string | null): MetricValue {
  const number = value === null ? Number.NaN : Number(value);
  if (Number.isNaN(number)) return 'NaN';
  if (Number.isFinite(number)) return number;
  return number > 0 ? 'Infinity' : '-Infinity';
}

export function entriesOf(
  pairs: readonly { readonly key: string; readonly value?: string | null }[],
): Entries {
  return pairs.map(({ key, value }) => [key, value ?? '']);
}
