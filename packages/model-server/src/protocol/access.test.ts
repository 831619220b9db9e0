import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { ServedKey } from '@esteira/contracts';
import { type Access, createAccess } from './access.ts';
import { createCallers } from './callers.ts';

const noon = Date.UTC(2026, 4, 1, 12);

function key(secret: string, changed: Partial<ServedKey> = {}): ServedKey {
  return {
    id: `ik_${secret}`,
    hash: `sha256:${createHash('sha256').update(secret).digest('hex')}`,
    purpose: 'user',
    requestsPerSecond: 100,
    burst: 100,
    expiresAt: null,
    ...changed,
  };
}

describe('access without a control plane', () => {
  let now: number;
  let access: Access;
  beforeEach(() => {
    now = noon;
    access = createAccess({ now: () => now });
  });

  const replace = async (keys: Parameters<Access['prepare']>[0]) => (await access.prepare(keys))();
  const show = (secret: string) => access.authenticate(`Bearer ${secret}`);

  it('lets a key open the endpoints that the snapshot gives it, and no other', async () => {
    const shared = key('shared');
    await replace([
      { endpoint: 'a', key: shared },
      { endpoint: 'b', key: shared },
      { endpoint: 'c', key: key('other') },
    ]);
    const admission = show('shared');
    assert.deepEqual(admission.endpoints, ['a', 'b']);
    assert.deepEqual(['a', 'b', 'c'].map(admission.opens), [true, true, false]);
    assert.throws(() => show('nobody'), { code: 'INFERENCE_KEY_REJECTED' });
  });

  it('ends a key at its time, by its own clock', async () => {
    await replace([{ endpoint: 'a', key: key('short', { expiresAt: noon + 1_000 }) }]);
    show('short');
    now += 1_000;
    assert.throws(() => show('short'), { code: 'INFERENCE_KEY_REJECTED' });
  });

  it('goes on with the keys in force while others are made ready', async () => {
    await replace([{ endpoint: 'a', key: key('old') }]);
    const others = Array.from({ length: 1_200 }, (_, index) => ({ endpoint: 'a', key: key(`new-${index}`) }));
    const preparing = access.prepare([...others, { endpoint: 'b', key: key('old') }]);
    show('old');
    const replaceKeys = await preparing;
    assert.deepEqual(show('old').endpoints, ['a']);
    assert.throws(() => show('new-1199'), { code: 'INFERENCE_KEY_REJECTED' });
    replaceKeys();
    assert.deepEqual(show('old').endpoints, ['b']);
    assert.deepEqual(show('new-1199').endpoints, ['a']);
    assert.deepEqual(access.readUsed().toSorted(), ['ik_new-1199', 'ik_old']);
  });

  it('refuses what is over the quota of a day until the next day begins', async () => {
    const keys = [{ endpoint: 'a', key: key('scarce', { quotaPerDay: 2 }) }];
    await replace(keys);
    const take = () => show('scarce').take();
    take();
    take();
    assert.throws(take, { code: 'QUOTA_USED_UP', details: { quota: 2, retryAfterSeconds: 12 * 3600 } });
    await replace(keys);
    assert.throws(take, { code: 'QUOTA_USED_UP' });
    now += 12 * 3_600_000;
    take();
  });

  it('tells once which keys were shown, across snapshots', async () => {
    const keys = [
      { endpoint: 'a', key: key('used') },
      { endpoint: 'a', key: key('idle') },
      { endpoint: 'a', key: key('platform', { purpose: 'probe' }) },
    ];
    await replace(keys);
    show('used');
    show('platform');
    await replace(keys);
    assert.deepEqual(access.readUsed(), ['ik_used']);
    assert.deepEqual(access.readUsed(), []);
  });
});

describe('the callers of a sandbox', () => {
  it('are keys and addresses, each told once a day and never by name', () => {
    let now = noon;
    const callers = createCallers({ now: () => now });
    const connection = { remoteAddress: '10.0.0.1' };
    const told = () => (callers.read().get('churn') ?? []).map(({ day }) => day);
    callers.note('churn', 'ik_1', connection);
    callers.note('churn', 'ik_1', connection);
    callers.note('churn', 'ik_1', { remoteAddress: '10.0.0.1' });
    callers.note('churn', 'ik_2', connection);
    callers.note('churn', 'ik_2', { remoteAddress: '10.0.0.2' });
    const first = callers.read().get('churn') ?? [];
    assert.equal(first.length, 3);
    assert.ok(!JSON.stringify(first).includes('10.0.0') && !JSON.stringify(first).includes('ik_'));
    callers.note('churn', 'ik_1', connection);
    assert.deepEqual(told(), []);
    now += 24 * 3_600_000;
    callers.read();
    callers.note('churn', 'ik_1', connection);
    assert.deepEqual(told(), ['2026-05-02']);
  });
});
