import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EsteiraError } from '../../../kernel/errors.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { openFilesystemBlobStore } from './filesystem-blob-store.ts';

// Under a file-size limit of 64 KiB: one blob that does not fit, then one that does.
const directory = process.argv[2] ?? '';
const store = await openFilesystemBlobStore({ directory, random: systemRandom });

async function* kilobytes(count: number): AsyncIterable<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(1024).fill(index);
}

async function outcome(count: number): Promise<string> {
  try {
    await store.put(kilobytes(count));
    return 'stored';
  } catch (error) {
    return error instanceof EsteiraError ? error.code : String(error);
  }
}

const large = await outcome(100);
const small = await outcome(10);
const temporary = readdirSync(join(directory, 'tmp'));
const blobs = readdirSync(join(directory, 'sha256'), { recursive: true, withFileTypes: true }).filter(
  (entry) => entry.isFile(),
);
process.stdout.write(JSON.stringify({ large, small, temporary, blobs: blobs.length }));
