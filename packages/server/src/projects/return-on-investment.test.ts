import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { estimateReturn } from './return-on-investment.ts';

const flights = {
  currency: 'USD',
  casesPerMonth: 10_000,
  positiveShare: 0.2,
  valueOfCatch: 30,
  costOfFalseAlarm: 10,
  monthlyCost: 500,
};

describe('the return of a model', () => {
  it('is what catches bring, less what false alarms and running cost', () => {
    const estimate = estimateReturn(
      flights,
      { precision: 0.5, recall: 0.6 },
      { precision: 0.4, recall: 0.5 },
    );
    assert.deepEqual(estimate, {
      currency: 'USD',
      caughtPerMonth: 1200,
      missedPerMonth: 800,
      falseAlarmsPerMonth: 1200,
      valuePerMonth: 1200 * 30 - 1200 * 10 - 500,
      breakEvenPrecision: 0.25,
      gainOverBaseline: 1200 * 30 - 1200 * 10 - 500 - (1000 * 30 - 1500 * 10),
    });
  });

  it('is never better with more false alarms, and breaks even at the precision it names', () => {
    const share = fc.double({ min: 0.05, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (one, other, recall) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const worse = estimateReturn(flights, { precision: low, recall }).valuePerMonth;
        const better = estimateReturn(flights, { precision: high, recall }).valuePerMonth;
        assert.ok(worse <= better + 1e-9);
        const even = estimateReturn(
          { ...flights, positiveShare: 0.1, monthlyCost: 0 },
          { precision: 0.25, recall },
        );
        assert.ok(Math.abs(even.valuePerMonth) < 1e-6);
      }),
    );
  });

  it('of a model that catches nothing is its cost', () => {
    assert.equal(estimateReturn(flights, { precision: 0, recall: 0 }).valuePerMonth, -500);
    assert.equal(
      estimateReturn({ ...flights, valueOfCatch: 0, costOfFalseAlarm: 0 }, { precision: 0.5, recall: 1 })
        .breakEvenPrecision,
      null,
    );
  });
});
