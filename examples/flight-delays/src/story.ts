import type { EsteiraClient } from '@esteira/sdk';
import type { Answered } from './answered.ts';
import type { Console } from './console.ts';
import type { EsteiraProcess } from './esteira-process.ts';
import type { FlightFiles } from './flight-files.ts';
import type { LiveFlight } from './live-flight.ts';

/** What the chapters share. Later chapters find here what earlier ones made. */
export interface Story {
  readonly server: EsteiraProcess;
  /** The owner: asks for changes. */
  readonly client: EsteiraClient;
  /** Another person: consents to them. */
  readonly reviewer: EsteiraClient;
  readonly flights: FlightFiles;
  readonly console: Console;
  /** Folder of the example, with its YAML files. */
  readonly folder: string;
  readonly now: () => number;
  readonly notes: StoryNotes;
}

/** Filled in as the story goes. */
export interface StoryNotes {
  modelVersionId?: string;
  trainedModelId?: string;
  splitId?: string;
  evaluationId?: string;
  inferenceKey?: string;
  /** The change that waits for consent. */
  changeId?: string;
  /** April's departures, replayed as traffic. */
  april?: readonly LiveFlight[];
  /** Predictions that wait for their labels. */
  answered?: Answered[];
}

/** A chapter's name and how it ended, for the last table. */
export interface Chapter {
  readonly title: string;
  /** Returns the verdict in a few words. */
  tell(story: Story): Promise<string>;
}

export const names = {
  project: 'flight-delays',
  dataset: 'flights',
  pipeline: 'flight-delays',
  featureService: 'flight_delay',
  model: 'flight-delays',
  endpoint: 'flight-delays',
  monitor: 'flight-delays-weekly',
  policy: 'flight-delays-retraining',
} as const;

/** Reads what an earlier chapter noted; a chapter out of order is a mistake of the story. */
export function noted<K extends keyof StoryNotes>(story: Story, key: K): NonNullable<StoryNotes[K]> {
  const value = story.notes[key];
  if (value === undefined || value === null) throw new Error(`no chapter has noted ${key} yet`);
  return value;
}
