import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredSilence } from './silence-store.ts';
import { suppressionOf } from './suppression.ts';

const drift = { monitor: 'delays', signal: 'drift' as const };
const silence: StoredSilence = {
  id: 'sil_1',
  monitor: 'delays',
  signal: null,
  reason: 'planned maintenance',
  owner: 'Ana',
  startsAt: 100,
  endsAt: 200,
};

test('bad data mutes drift, and drift mutes what is estimated, but nothing mutes measured performance', () => {
  const firing = new Map([
    ['data-quality', 'firing'],
    ['drift', 'acknowledged'],
  ] as const);
  assert.match(suppressionOf(drift, 0, [], firing) ?? '', /data-quality/);
  const estimate = { monitor: 'delays', signal: 'performance-estimate' as const };
  assert.match(suppressionOf(estimate, 0, [], new Map([['drift', 'firing']])) ?? '', /drift/);
  assert.equal(suppressionOf({ ...drift, signal: 'performance' }, 0, [], firing), undefined);
  assert.equal(suppressionOf(drift, 0, [], new Map([['data-quality', 'resolved']])), undefined);
});

test('a silence holds from its start until before its end, for its monitor and signal', () => {
  const at = (now: number, changed: Partial<StoredSilence> = {}) =>
    suppressionOf(drift, now, [{ ...silence, ...changed }], new Map());
  assert.equal(at(99), undefined);
  assert.match(at(100) ?? '', /silenced by Ana until .*: planned maintenance/);
  assert.equal(at(200), undefined);
  assert.equal(at(150, { monitor: 'other' }), undefined);
  assert.equal(at(150, { signal: 'latency' }), undefined);
  assert.match(at(1e9, { endsAt: null, monitor: null }) ?? '', /somebody ends it/);
});
