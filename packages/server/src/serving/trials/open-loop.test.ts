import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EndedRequest, runOpenLoop } from './open-loop.ts';

describe('an open loop', () => {
  it('sends every request that was due, and tells of each once', async () => {
    const sent: number[] = [];
    const ended = await load({
      ratePerSecond: 500,
      seconds: 0.2,
      send: async (index) => void sent.push(index),
    });
    assert.deepEqual(
      sent,
      Array.from({ length: 100 }, (_, index) => index),
    );
    assert.equal(ended.length, 100);
  });

  it('counts the wait for a server that stalls as latency of every request that was due meanwhile', async () => {
    const stall = sleep(200);
    const ended = await load({
      ratePerSecond: 100,
      seconds: 0.2,
      send: async () => void (await stall),
    });
    // A closed loop would have one slow request among fast ones.
    const slow = ended.filter(({ ms }) => ms >= 50);
    assert.ok(slow.length >= 10, String(slow.length));
  });

  it('ends requests that it could not send, and goes on', async () => {
    const ended = await load({
      ratePerSecond: 100,
      seconds: 0.1,
      mostWaiting: 2,
      send: async () => {
        await sleep(300);
        return 'TIMED_OUT';
      },
    });
    const count = (wanted: string): number => ended.filter(({ problem }) => problem === wanted).length;
    assert.deepEqual([ended.length, count('TIMED_OUT'), count('NOT_SENT')], [10, 2, 8]);
  });
});

async function load(
  options: Pick<Parameters<typeof runOpenLoop>[0], 'ratePerSecond' | 'seconds' | 'send'> & {
    mostWaiting?: number;
  },
): Promise<EndedRequest[]> {
  const ended: EndedRequest[] = [];
  await runOpenLoop({
    mostWaiting: 1_000,
    ...options,
    onEnd: (request) => ended.push(request),
  });
  return ended;
}
