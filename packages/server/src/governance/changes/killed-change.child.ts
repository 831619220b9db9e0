import { openOnFile, system } from './killed-change.fixture.ts';

// Applies a change and waits, within the call that is named, to be killed.
const [path = '', hang, sound] = process.argv.slice(2);
const { changes, jobs } = await openOnFile(path, hang);
await jobs.start();
const change = await changes.request(system, { kind: 'test.journal', subject: { sound: sound === 'true' } });
await changes.apply(system, change.id);
