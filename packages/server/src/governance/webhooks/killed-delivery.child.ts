import { openSqliteDatabase } from '../../storage/sql/sqlite/open-sqlite-database.ts';
import { fields, openWebhooks, someone } from './webhooks.fixture.ts';

// Tells a receiver of two models, and is killed: before anything is sent, or while the first is.
const [path = '', url = '', when] = process.argv.slice(2);
const { webhooks, jobs, publish } = openWebhooks(openSqliteDatabase({ path }));
await webhooks.create(someone, { ...fields, url, secret: 's3cret' });
if (when === 'sending') await jobs.start();
await publish('first');
await publish('second');
process.stdout.write('published');
setInterval(() => {}, 60_000);
