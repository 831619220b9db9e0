import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ScalingTargets } from '@esteira/contracts';
import fc from 'fast-check';
import { makeStatus } from './data-plane-status.fixture.ts';
import { scalingSignal } from './scaling-signal.ts';

const targets = ScalingTargets.parse({});

function server(machine: string, load: { utilization?: number; running?: number; waiting?: number }) {
  return makeStatus(machine, { load: { machine, utilization: 0, running: 0, waiting: 0, ...load } });
}

describe('the scaling signal', () => {
  it('counts machines, not the processes that share one', () => {
    const servers = [server('a', { utilization: 0.9 }), server('a', { utilization: 0.9 })];
    const { replicas, processes, desiredReplicas, because } = scalingSignal(servers, targets);
    assert.deepEqual([replicas, processes, desiredReplicas, because], [1, 2, 2, 'utilization']);
  });

  it('goes by what is furthest above its target', () => {
    const servers = [
      server('a', { utilization: 0.6, running: 10, waiting: 40 }),
      server('b', { waiting: 24 }),
    ];
    const signal = scalingSignal(servers, targets);
    assert.deepEqual([signal.waiting, signal.desiredReplicas, signal.because], [64, 4, 'queue']);
  });

  it('stays within a tenth of the target, and shrinks below', () => {
    const fleet = (utilization: number) => ['a', 'b', 'c', 'd'].map((name) => server(name, { utilization }));
    assert.equal(scalingSignal(fleet(0.65), targets).desiredReplicas, 4);
    assert.equal(scalingSignal(fleet(0.25), targets).desiredReplicas, 2);
  });

  it('asks for the minimum where no model server lives or none has work', () => {
    assert.equal(scalingSignal([], targets).desiredReplicas, 1);
    assert.equal(scalingSignal([], { ...targets, minimum: 0 }).desiredReplicas, 0);
    assert.equal(scalingSignal([server('a', {})], { ...targets, minimum: 0 }).desiredReplicas, 0);
  });

  it('never leaves its bounds, and never falls when the work grows', () => {
    const load = fc.record({
      utilization: fc.double({ min: 0, max: 1, noNaN: true }),
      running: fc.nat(1_000),
      waiting: fc.nat(1_000),
    });
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 6 }), (loads) => {
        const bounded = { ...targets, minimum: 2, maximum: 9 };
        const machines = loads.map((one, index) => server(`m${index}`, one));
        const busier = loads.map((one, index) => server(`m${index}`, { ...one, waiting: one.waiting + 50 }));
        const now = scalingSignal(machines, bounded).desiredReplicas;
        const then = scalingSignal(busier, bounded).desiredReplicas;
        assert.ok(now >= 2 && now <= 9 && then >= now);
      }),
    );
  });
});
