import type { RunStatus } from '@esteira/contracts';

/** Statuses of runs in both tongues. */
export const wireStatuses = {
  running: 'RUNNING',
  scheduled: 'SCHEDULED',
  succeeded: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
} as const satisfies Record<RunStatus, string>;

type WireStatus = (typeof wireStatuses)[RunStatus];

export const statusesOfWire: readonly WireStatus[] = Object.values(wireStatuses);

export function statusFromWire(status: WireStatus): RunStatus {
  for (const [own, wire] of Object.entries(wireStatuses)) if (wire === status) return own as RunStatus;
  throw new Error(`There is no status ${status}.`);
}

/** Tags that are words of the run itself. They are never stored as tags, so that both can only say the same. */
export const wordTags = {
  name: 'mlflow.runName',
  note: 'mlflow.note.content',
  parentRunId: 'mlflow.parentRunId',
} as const;

interface Words {
  readonly name?: string;
  readonly note?: string;
  readonly parentRunId?: string;
}

/** Parts tags into words of the run and tags. A name that is empty says nothing. */
export function splitTags(given: Readonly<Record<string, string>>): {
  readonly words: Words;
  readonly tags: Readonly<Record<string, string>>;
} {
  const {
    [wordTags.name]: name = '',
    [wordTags.note]: note,
    [wordTags.parentRunId]: parentRunId,
    ...tags
  } = given;
  return {
    words: {
      ...(name === '' ? {} : { name }),
      ...(note === undefined ? {} : { note }),
      ...(parentRunId === undefined ? {} : { parentRunId }),
    },
    tags,
  };
}
