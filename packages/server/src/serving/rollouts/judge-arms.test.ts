import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ArmMeasure, type JudgeInput, judgeArms } from './judge-arms.ts';

const good: ArmMeasure = {
  rows: 200,
  units: 200,
  errors: 0,
  p95Ms: 2,
  slow: 0,
  meanScore: 0.4,
  scoreSpread: 0.2,
};

function judge(
  changed: Partial<Omit<JudgeInput, 'candidate' | 'control'>> & {
    candidate?: Partial<ArmMeasure>;
    control?: Partial<ArmMeasure>;
  },
) {
  return judgeArms({
    srmP: 0.5,
    scoreShift: 0.05,
    scoreUnit: 'probability',
    wantedRows: 100,
    p95LimitMs: 10,
    ...changed,
    candidate: { ...good, ...changed.candidate },
    control: { ...good, ...changed.control },
  });
}

describe('the judgement of a step', () => {
  it('promotes a candidate that answers as well as the control', () => {
    assert.equal(judge({})?.verdict, 'promote');
  });

  it('says nothing while there is too little data, and never promotes without any', () => {
    assert.equal(judge({ candidate: { rows: 99 } }), undefined);
    assert.equal(judge({ control: { rows: 0 } }), undefined);
  });

  it('takes a candidate back that fails, at once when it fails often', () => {
    assert.equal(judge({ candidate: { errors: 5 } })?.verdict, 'roll-back');
    assert.equal(judge({ candidate: { rows: 25, errors: 10 } })?.verdict, 'roll-back');
  });

  it('never holds the errors of the control against the candidate', () => {
    assert.equal(judge({ control: { errors: 100 } })?.verdict, 'promote');
  });

  it('takes a candidate back that is too slow or whose latency is not known', () => {
    assert.equal(judge({ candidate: { p95Ms: 11, slow: 20 } })?.verdict, 'roll-back');
    assert.equal(judge({ candidate: { p95Ms: null } })?.verdict, 'roll-back');
    assert.equal(judge({ candidate: { p95Ms: 11, slow: 20 }, p95LimitMs: null })?.verdict, 'promote');
    assert.equal(judge({ candidate: { p95Ms: 11, slow: 20 }, control: { p95Ms: 11 } })?.verdict, 'hold');
    assert.equal(judge({ candidate: { p95Ms: 31, slow: 20 }, control: { p95Ms: 11 } })?.verdict, 'roll-back');
  });

  it('looks longer at a candidate that is over the limit by no more than chance explains', () => {
    const some = judge({ candidate: { p95Ms: 10.1, slow: 12 } });
    assert.equal(some?.verdict, 'hold');
    assert.match(some?.reasons.join() ?? '', /12 of 200 answers .* longer than 10 ms/);
    assert.equal(judge({ candidate: { rows: 2_000, p95Ms: 10.1, slow: 125 } })?.verdict, 'roll-back');
  });

  it('holds when the comparison cannot be trusted or a person should look', () => {
    assert.match(judge({ srmP: 0.0001 })?.reasons.join() ?? '', /not split as planned/);
    assert.match(judge({ scoreShift: 0.31 })?.reasons.join() ?? '', /scores shifted/);
    assert.match(judge({ candidate: { scoreSpread: 0 } })?.reasons.join() ?? '', /same score/);
    assert.match(judge({ candidate: { meanScore: null } })?.reasons.join() ?? '', /no score/);
    assert.equal(judge({ srmP: 0.0001 })?.verdict, 'hold');
  });

  it('never promotes a candidate with more errors than the margin over the control', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 5_000 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        (rows, a, b) => {
          const verdict = judge({
            candidate: { rows, errors: Math.min(a, rows) },
            control: { rows, errors: Math.min(b, rows) },
          })?.verdict;
          if (Math.min(a, rows) / rows > Math.min(b, rows) / rows + 0.01) assert.equal(verdict, 'roll-back');
        },
      ),
    );
  });
});
