import { followParent } from './parent-process.ts';

/** A process that is told to stop and never comes to an end with it. */
followParent({
  isChild: true,
  graceMs: 0,
  onOrphaned: () => process.stdout.write('orphaned\n'),
  stop: () => new Promise(() => {}),
  stopMs: 100,
});
// As a server that listens does, it goes on until it is ended.
setInterval(() => {}, 1_000);
process.stdout.write('started\n');
