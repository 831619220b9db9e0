import { createKeptBySize } from '../kernel/kept-by-size.ts';
import type { EntryKeys } from './metric-points.ts';
import type { RunRecord } from './run-record.ts';
import type { RunRevision } from './run-revision.ts';
import type { ExperimentOfRun } from './run-store.ts';

/** Which state of a run is wanted, and how it is printed. */
interface Wanted {
  readonly run: RunRevision;
  readonly experiment: ExperimentOfRun;
  readonly keys: EntryKeys;
}

/**
 * Runs as they were read. To read and print the entries of a page costs several times what it costs to find its runs, and most
 * have not changed since. A record stays the same object for as long as nothing of it has changed.
 */
export interface RunRecordCache {
  get(wanted: Wanted): RunRecord | undefined;
  keep(wanted: Wanted, record: RunRecord): void;
}

interface Kept extends Wanted {
  readonly record: RunRecord;
}

/** Beside the text: the record, its strings and their place in the map. */
const sizeOfRecord = 1_000;

/** Those that were asked for longest ago go first. `mostCharacters` bounds the text of all. */
export function createRunRecordCache({ mostCharacters }: { mostCharacters: number }): RunRecordCache {
  // One run is not to push out all others.
  const kept = createKeptBySize<Kept>({ most: mostCharacters, mostOfOne: mostCharacters / 16 });
  return {
    get(wanted) {
      const found = kept.get(wanted.run.id);
      return found !== undefined && isOfState(found, wanted) ? found.record : undefined;
    },
    keep: (wanted, record) => kept.keep(record.id, { ...wanted, record }, sizeOf(record)),
  };
}

function isOfState({ run, experiment, keys }: Kept, wanted: Wanted): boolean {
  return (
    run.revision === wanted.run.revision &&
    run.changes === wanted.run.changes &&
    keys === wanted.keys &&
    experiment.experiment === wanted.experiment.experiment &&
    experiment.experiment_number === wanted.experiment.experiment_number &&
    experiment.experiment_location === wanted.experiment.experiment_location &&
    experiment.experiment_deleted_at === wanted.experiment.experiment_deleted_at
  );
}

function sizeOf({ params, tags, metrics, note, datasets, models }: RunRecord): number {
  const more = datasets.length === 0 ? 0 : JSON.stringify(datasets).length;
  const links = models.inputs.length + models.outputs.length;
  return sizeOfRecord + params.length + tags.length + metrics.length + note.length + more + links * 100;
}
