import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import fc from 'fast-check';
import { type CacheKeyInput, cacheKey, cacheParts, changedParts } from './cache-key.ts';
import { echoKind } from './pipelines.fixture.ts';

const base: CacheKeyInput = {
  kind: echoKind(),
  project: 'flights',
  with: {},
  external: null,
  environmentDigest: 'sha256:env',
  options: {},
};

function keyOf(changed: Partial<CacheKeyInput>): string {
  return cacheKey(cacheParts({ ...base, ...changed }));
}

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as JsonValue);
const inputs = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), json, { maxKeys: 6 });

function reversed(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => reversed(item));
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item as JsonValue)]),
  );
}

describe('the cache key of a step', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(inputs, (values) => {
        assert.equal(keyOf({ with: values }), keyOf({ with: reversed(values) as Record<string, JsonValue> }));
      }),
    );
  });

  it('depends on every value that is used, and on none that is ignored', () => {
    fc.assert(
      fc.property(inputs, fc.stringMatching(/^[a-z]{1,8}$/), json, json, (values, name, one, two) => {
        fc.pre(JSON.stringify(reversed(one)) !== JSON.stringify(reversed(two)));
        const [first, second] = [
          { ...values, [name]: one },
          { ...values, [name]: two },
        ];
        if (JSON.stringify(sorted(one)) !== JSON.stringify(sorted(two))) {
          assert.notEqual(keyOf({ with: first }), keyOf({ with: second }));
        }
        const options = { ignoredInputs: [name] };
        assert.equal(keyOf({ with: first, options }), keyOf({ with: second, options }));
      }),
    );
  });

  it('depends on kind, version, project, environment, outside state, outputs and cache version, and says on which', () => {
    const before = cacheParts({ ...base, with: { seed: 1, gone: true } });
    const changes: [Partial<CacheKeyInput>, string[]][] = [
      [{ kind: echoKind({ kind: 'test.other' }) }, ['kind']],
      [{ kind: echoKind({ version: '2' }) }, ['kind version']],
      [{ kind: echoKind({ outputs: ['value'] }) }, ['outputs']],
      [{ project: 'other' }, ['project']],
      [{ environmentDigest: 'sha256:other' }, ['environment']],
      [{ external: ['file'] }, ['external']],
      [{ options: { version: 2 } }, ['cache version']],
      [{ with: { seed: 2, new: 1 } }, ['with.gone', 'with.new', 'with.seed']],
    ];
    for (const [change, parts] of changes) {
      const after = cacheParts({ ...base, with: { seed: 1, gone: true }, ...change });
      assert.notEqual(cacheKey(after), cacheKey(before));
      assert.deepEqual(changedParts(before, after), parts);
    }
  });

  it('sees a reference by its digest, not by its id', () => {
    const withId = (id: string, digest: string) => keyOf({ with: { split: { type: 'split', id, digest } } });
    assert.equal(withId('a', 'sha256:1'), withId('b', 'sha256:1'));
    assert.notEqual(withId('a', 'sha256:1'), withId('a', 'sha256:2'));
  });
});

function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => sorted(item));
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item as JsonValue)]));
}
