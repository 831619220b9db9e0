import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createConnectionBalance } from './connection-balance.ts';

const holding = (...counts: (readonly [rest: number, grpc: number])[]) =>
  counts.map(([rest, grpc], at) => ({ pid: 100 + at, connections: { rest, grpc } }));

function createBalance() {
  const time = { now: 0 };
  const balance = createConnectionBalance({ monotonic: () => time.now });
  return { time, judge: balance.judge };
}

describe('the balance of connections', () => {
  it('has those with more than their share part with what is above it, of each protocol', () => {
    assert.deepEqual(createBalance().judge(holding([64, 0], [0, 0], [2, 30])), [
      { rest: 42, grpc: 0 },
      { rest: 0, grpc: 0 },
      { rest: 0, grpc: 20 },
    ]);
  });

  it('leaves shares alone that are about even, few connections, and a process that is alone', () => {
    const { judge } = createBalance();
    assert.equal(judge(holding([40, 0], [24, 0])), undefined);
    assert.equal(judge(holding([4, 3], [0, 0])), undefined);
    assert.equal(judge(holding([64, 64])), undefined);
    assert.equal(judge([]), undefined);
  });

  it('waits for clients to come again, and longer each time that nothing came of it', () => {
    const { time, judge } = createBalance();
    const told: number[] = [];
    for (; time.now < 60_000; time.now += 100) {
      if (judge(holding([64, 0], [0, 0])) !== undefined) told.push(time.now);
    }
    assert.deepEqual(told, [0, 400, 1_200, 2_800, 6_000, 12_400, 25_200, 50_800]);
  });

  it('begins anew with a process that was started anew, and once the shares were even', () => {
    const { time, judge } = createBalance();
    const uneven = holding([64, 0], [0, 0]);
    judge(uneven);
    assert.equal(judge(uneven), undefined);
    const restarted = uneven.map((held, at) => (at === 0 ? held : { ...held, pid: 200 }));
    assert.ok(judge(restarted));
    for (const now of [400, 1_200]) {
      time.now = now;
      assert.ok(judge(restarted));
    }
    // However long it would have waited yet.
    time.now = 1_300;
    assert.equal(judge(restarted), undefined);
    assert.equal(
      judge(restarted.map((held) => ({ ...held, connections: { rest: 32, grpc: 0 } }))),
      undefined,
    );
    assert.ok(judge(restarted));
    time.now = 1_700;
    assert.ok(judge(restarted));
  });
});
