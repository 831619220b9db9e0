import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  acknowledgeSignal,
  type Observation,
  observeWindow,
  type Persistence,
  quietSignal,
  type SignalState,
  type Transition,
} from './alert-machine.ts';

type Input = Observation | 'acknowledge';

function replay(inputs: readonly Input[], persistence: Persistence) {
  let state: SignalState = quietSignal;
  const transitions: Transition[] = [];
  for (const input of inputs) {
    const step =
      input === 'acknowledge'
        ? acknowledgeSignal(state, 'looking')
        : observeWindow(state, input, persistence);
    if (!step) continue;
    state = step.state;
    transitions.push(...step.transitions);
  }
  return { state, transitions };
}

const persistences = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }))
  .map(([m, more]): Persistence => ({ m, n: m + more }));
const verdicts = fc.record({
  verdict: fc.constantFrom('ok', 'breach', 'unknown'),
  causes: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
});
const inOrder: fc.Arbitrary<readonly Observation[]> = fc
  .array(verdicts, { maxLength: 40 })
  .map((all) => all.map((one, index): Observation => ({ ...one, start: index })));
const anyOrder: fc.Arbitrary<readonly Input[]> = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.record({ start: fc.integer({ min: 0, max: 15 }), ...verdictFields() }) },
    { weight: 1, arbitrary: fc.constant('acknowledge' as const) },
  ),
  { maxLength: 60 },
);

function verdictFields() {
  return {
    verdict: fc.constantFrom('ok', 'breach', 'unknown') as fc.Arbitrary<Observation['verdict']>,
    causes: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
  };
}

const allowed = new Set([
  'ok>pending',
  'resolved>pending',
  'pending>ok',
  'pending>firing',
  'firing>acknowledged',
  'firing>resolved',
  'acknowledged>resolved',
]);

describe('the alert machine', () => {
  it('takes only the steps ok, pending, firing, acknowledged, resolved, each from where the one before ended', () => {
    fc.assert(
      fc.property(anyOrder, persistences, (inputs, persistence) => {
        let phase = 'ok';
        for (const { from, to } of replay(inputs, persistence).transitions) {
          assert.equal(from, phase);
          assert.ok(allowed.has(`${from}>${to}`), `${from} > ${to}`);
          phase = to;
        }
      }),
    );
  });

  it('gives the same alerts whenever the same observations are replayed', () => {
    fc.assert(
      fc.property(anyOrder, persistences, (inputs, persistence) => {
        assert.deepEqual(replay(inputs, persistence), replay(inputs, persistence));
      }),
    );
  });

  it('does nothing when the newest window is judged again with the same verdict', () => {
    fc.assert(
      fc.property(inOrder, persistences, (inputs, persistence) => {
        const { state } = replay(inputs, persistence);
        const last = inputs.at(-1);
        if (!last) return;
        const again = observeWindow(state, last, persistence);
        assert.deepEqual(again.transitions, []);
        assert.deepEqual(again.state, state);
      }),
    );
  });

  it('never fires before one cause has breached in m of n judged windows', () => {
    fc.assert(
      fc.property(inOrder, persistences, (inputs, persistence) => {
        let state = quietSignal;
        const judged: Observation[] = [];
        for (const input of inputs) {
          if (input.verdict !== 'unknown') judged.push(input);
          const step = observeWindow(state, input, persistence);
          state = step.state;
          if (!step.transitions.some(({ to }) => to === 'firing')) continue;
          const last = judged.slice(-persistence.n);
          const reached = ['a', 'b', 'c'].some(
            (cause) =>
              last.filter(({ verdict, causes }) => verdict === 'breach' && causes.includes(cause)).length >=
              persistence.m,
          );
          assert.ok(reached);
        }
      }),
    );
  });

  it('does not flap: between firing and resolved lie at least m windows without its causes', () => {
    fc.assert(
      fc.property(inOrder, persistences, (inputs, persistence) => {
        let state = quietSignal;
        let good = 0;
        for (const input of inputs) {
          const causes = state.causes;
          const step = observeWindow(state, input, persistence);
          state = step.state;
          const bad = input.verdict === 'breach' && input.causes.some((cause) => causes.includes(cause));
          if (input.verdict !== 'unknown') good = bad ? 0 : good + 1;
          if (step.transitions.some(({ to }) => to === 'firing')) good = 0;
          if (step.transitions.some(({ to }) => to === 'resolved')) assert.ok(good >= persistence.m);
        }
      }),
    );
  });

  it('fires on the second of three and is resolved after two good windows', () => {
    const window = (start: number, breach: boolean): Observation => ({
      start,
      verdict: breach ? 'breach' : 'ok',
      causes: ['pr_auc'],
    });
    const { transitions } = replay(
      [window(1, true), window(2, false), window(3, true), 'acknowledge', window(4, false), window(5, false)],
      { m: 2, n: 3 },
    );
    assert.deepEqual(
      transitions.map(({ to, windowStart }) => `${to}@${windowStart}`),
      ['pending@1', 'firing@3', 'acknowledged@null', 'resolved@5'],
    );
  });

  it('counts each cause by itself: another column every time is noise', () => {
    const causes = ['a', 'b', 'c', 'd', 'e'];
    const { transitions } = replay(
      causes.map((cause, start) => ({ start, verdict: 'breach', causes: [cause] })),
      { m: 2, n: 3 },
    );
    assert.deepEqual(
      transitions.map(({ to }) => to),
      ['pending'],
    );
  });

  it('lets late labels turn a good window into a breach', () => {
    const inputs: Observation[] = [
      { start: 1, verdict: 'unknown', causes: [] },
      { start: 2, verdict: 'breach', causes: ['x'] },
      { start: 1, verdict: 'breach', causes: ['x'] },
    ];
    assert.equal(replay(inputs, { m: 2, n: 3 }).state.phase, 'firing');
  });
});
