import { availableParallelism } from 'node:os';
import { readProcesses } from './server-options.ts';
import { readArguments } from './serving-contract.ts';

/**
 * The model server: one process that serves, alone or as one of several, or one that keeps several of them. Prints one JSON
 * line with its addresses on standard output once it listens, and one with what it used when it ends.
 */
// Whichever way it goes on reads the environment, and so do the processes that it starts.
Object.assign(process.env, readArguments(process.argv.slice(2)));
const isKept = process.env.ESTEIRA_SERVING_FLEET_DIR !== undefined;
const { most } = readProcesses(process.env, {
  processors: availableParallelism(),
  platform: process.platform,
});
// The process that keeps others holds nothing of what serving needs.
if (isKept || most === 1) await import('./serve-process.ts');
else await import('./keep-fleet.ts');
