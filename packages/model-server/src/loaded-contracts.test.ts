import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const wholeContracts = /^import (?!type )[^;]*? from '@esteira\/contracts';$/m;

describe('what a serving process loads', () => {
  it('is of the contracts those of the data plane alone, as all of them hold tens of megabytes', () => {
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(path),
    );
    const loading = sources.filter((path) =>
      wholeContracts.test(readFileSync(join(import.meta.dirname, path), 'utf8')),
    );
    assert.ok(sources.length > 0);
    assert.deepEqual(loading, []);
  });
});
