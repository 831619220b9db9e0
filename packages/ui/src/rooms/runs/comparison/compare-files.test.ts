import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareFiles } from './compare-files.ts';

test('files that all runs have alike are left out, the others stand with what each has', () => {
  const files = compareFiles([
    [
      { path: 'model/same.txt', digest: 'sha256:a' },
      { path: 'model/other.txt', digest: 'sha256:b' },
    ],
    [
      { path: 'model/same.txt', digest: 'sha256:a' },
      { path: 'model/other.txt', digest: 'sha256:c' },
      { path: 'alone.txt', digest: 'sha256:d' },
    ],
  ]);
  assert.deepEqual(files, [
    { path: 'alone.txt', digests: [null, 'sha256:d'] },
    { path: 'model/other.txt', digests: ['sha256:b', 'sha256:c'] },
  ]);
});
