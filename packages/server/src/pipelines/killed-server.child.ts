import { appendFileSync } from 'node:fs';
import { openSqliteDatabase } from '../storage/sql/sqlite/open-sqlite-database.ts';
import { ana, echoKind, openPipelines } from './pipelines.fixture.ts';

// Starts the stored pipeline, writes every call of a step to a side file, and hangs in the middle of the step `hang`.
const [path = '', sideFile = ''] = process.argv.slice(2);
const database = openSqliteDatabase({ path });
const kind = echoKind({
  act: async ({ step, attempt }) => {
    appendFileSync(sideFile, `${step} ${attempt}\n`);
    if (step !== 'hang') return undefined;
    process.stdout.write('hanging');
    return new Promise(() => {});
  },
});
// Nothing else keeps the process alive: the timers of the queue do not.
setInterval(() => {}, 60_000);
const room = await openPipelines({ database, stepKinds: [kind] });
await room.pipelines.start(ana, { pipeline: 'p' });
