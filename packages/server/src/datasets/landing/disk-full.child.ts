import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ana, openDatasets } from '../datasets.fixture.ts';
import { listLandedFiles } from './landed-file-store.ts';

// Run with a limit on the size of files: lands one that exceeds it and reports what remains.
const fixture = await openDatasets();
const { id } = await fixture.datasets.create(ana, { name: 'rows', description: '' });
let code = 'none';
try {
  await fixture.land('rows', `a\n${'1\n'.repeat(1_000_000)}`);
} catch (error) {
  code = String((error as { code?: unknown }).code);
}
const { items } = await listLandedFiles(fixture.sql, id, { limit: 10 });
const temporary = readdirSync(join(fixture.blobDirectory, 'tmp'));
await fixture.close();
process.stdout.write(JSON.stringify({ code, temporary, files: items.length }));
