import type { Migration } from '../storage/sql/migrator.ts';
import { events } from './0000-events.ts';
import { jobs } from './0002-jobs.ts';

/** Every step of the schema, in order. Each has its line in MIGRATIONS.md. */
export const migrations: readonly Migration[] = [events, jobs];
