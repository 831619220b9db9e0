import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DriftThresholds } from '@esteira/contracts';
import { createRandom, type Random } from '@esteira/ml';
import { observeWindow, quietSignal } from '../alerts/alert-machine.ts';
import { profileReference, type ReferenceRows } from '../reference/profile-reference.ts';
import { driftLimits } from './drift-methods.ts';
import { judgeColumns } from './judge-columns.ts';

const thresholds = DriftThresholds.parse({});
const hour = 3_600_000;

function profiled(rows: Partial<ReferenceRows>, changed: Partial<DriftThresholds> = {}) {
  return profileReference(
    { numeric: new Map(), text: new Map(), times: null, ...rows },
    {
      grid: { size: hour, offset: 0 },
      minRows: thresholds.minRows,
      limits: driftLimits({ ...thresholds, ...changed }),
    },
  );
}

function normals(random: Random, rows: number, mean = 0): Float64Array {
  return Float64Array.from({ length: rows }, () => mean + random.normal());
}

describe('judging the columns of a window', () => {
  it('raises few false alarms when nothing changed, and fewer still after two of three windows', () => {
    const random = createRandom(7);
    const names = Array.from({ length: 4 }, (_, index) => `x${index}`);
    const reference = profiled({ numeric: new Map(names.map((name) => [name, normals(random, 2000)])) });
    let alarms = 0;
    let firings = 0;
    let state = quietSignal;
    const windows = 100;
    for (let window = 0; window < windows; window++) {
      const columns = names.map((column) => ({ column, values: normals(random, 200) }));
      const causes = judgeColumns(reference, columns, thresholds)
        .filter(({ breach }) => breach)
        .map(({ column }) => column);
      if (causes.length > 0) alarms++;
      const verdict = causes.length > 0 ? 'breach' : 'ok';
      const step = observeWindow(state, { start: window, verdict, causes }, { m: 2, n: 3 });
      state = step.state;
      firings += step.transitions.filter(({ to }) => to === 'firing').length;
    }
    // Nominal 5 % of the windows, and three standard errors.
    assert.ok(alarms / windows <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / windows), `${alarms} of ${windows}`);
    assert.equal(firings, 0);
  });

  it('keeps quiet where a fixed PSI limit alone would fire on noise', () => {
    const random = createRandom(3);
    const reference = profiled({ numeric: new Map([['x', normals(random, 2000)]]) });
    let above = 0;
    let alarms = 0;
    for (let window = 0; window < 100; window++) {
      const [finding] = judgeColumns(reference, [{ column: 'x', values: normals(random, 60) }], thresholds);
      if ((finding?.distance ?? 0) > 0.1) above++;
      if (finding?.breach) alarms++;
    }
    assert.ok(above > 50, `${above} windows are above the limit by chance`);
    assert.ok(alarms <= 12, `${alarms} alarms`);
  });

  it('sees a real shift, and names the column, the distance and the noise beside it', () => {
    const random = createRandom(5);
    const reference = profiled({
      numeric: new Map([
        ['moved', normals(random, 5000)],
        ['still', normals(random, 5000)],
      ]),
    });
    const findings = judgeColumns(
      reference,
      [
        { column: 'moved', values: normals(random, 500, 0.7) },
        { column: 'still', values: normals(random, 500) },
      ],
      thresholds,
    );
    assert.deepEqual(
      findings.map(({ column, breach }) => [column, breach]),
      [
        ['moved', true],
        ['still', false],
      ],
    );
    const [moved] = findings;
    assert.equal(moved?.method, 'psi.quantile10.v1');
    assert.ok((moved?.noiseLevel ?? 1) < (moved?.distance ?? 0));
    assert.match(moved?.reason ?? '', /above the limit of 0.1; noise at this size/);
    assert.deepEqual(
      moved?.results.map(({ method }) => method),
      ['psi.quantile10.v1', 'jensenshannon.quantile10.base2.v1', 'ks.v1', 'wasserstein.reference_std.v1'],
    );
  });

  it('does not call the usual ups and downs of the reference a drift', () => {
    const random = createRandom(11);
    const perHour = 200;
    const hours = 40;
    const values = new Float64Array(hours * perHour);
    const times = new Float64Array(values.length);
    const level = (window: number): number => (window % 4) - 1.5;
    for (let row = 0; row < values.length; row++) {
      const window = Math.floor(row / perHour);
      values[row] = level(window) + random.normal();
      times[row] = window * hour;
    }
    const rows = { numeric: new Map([['x', values]]), times };
    const usual = [{ column: 'x', values: normals(random, perHour, 1.5) }];
    const [seasonal] = judgeColumns(profiled(rows), usual, thresholds);
    assert.equal(seasonal?.breach, false);
    assert.match(seasonal?.reason ?? '', /own windows/);
    const [alone] = judgeColumns(profiled(rows), usual, { ...thresholds, sigmas: 0 });
    assert.equal(alone?.breach, true);
    const [unusual] = judgeColumns(
      profiled(rows),
      [{ column: 'x', values: normals(random, perHour, 8) }],
      thresholds,
    );
    assert.equal(unusual?.breach, true);
  });

  it('compares texts, and counts categories the reference never had', () => {
    const reference = profiled({ text: new Map([['origin', many(['ORD', 'LAX', 'JFK'], 3000)]]) });
    const [same] = judgeColumns(
      reference,
      [{ column: 'origin', values: many(['ORD', 'LAX', 'JFK'], 300) }],
      thresholds,
    );
    assert.equal(same?.breach, false);
    assert.equal(same?.outOfRange, 0);
    const [other] = judgeColumns(
      reference,
      [{ column: 'origin', values: many(['ORD', 'XXX'], 300) }],
      thresholds,
    );
    assert.equal(other?.breach, true);
    assert.equal(other?.outOfRange, 0.5);
  });

  it('has no verdict for an empty window, a window too small, or a column the log lacks', () => {
    const random = createRandom(1);
    const reference = profiled({ numeric: new Map([['x', normals(random, 500)]]) });
    const reasons = [new Float64Array(), normals(random, 20, 9), undefined].map(
      (values) => judgeColumns(reference, [{ column: 'x', values }], thresholds)[0],
    );
    for (const finding of reasons) {
      assert.equal(finding?.breach, false);
      assert.equal(finding?.distance, null);
    }
    assert.match(reasons[1]?.reason ?? '', /20 value\(s\); at least 50/);
  });

  it('takes a constant column for what it is: no drift while it stays, drift when it moves', () => {
    const reference = profiled({ numeric: new Map([['x', new Float64Array(500).fill(4)]]) }, { ks: 0.1 });
    const limits = { ...thresholds, ks: 0.1 };
    const judge = (value: number) =>
      judgeColumns(reference, [{ column: 'x', values: new Float64Array(100).fill(value) }], limits)[0];
    assert.equal(judge(4)?.breach, false);
    assert.equal(judge(5)?.breach, true);
    assert.equal(judge(5)?.outOfRange, 1);
  });

  it('gives the same findings for the same window', () => {
    const random = createRandom(2);
    const reference = profiled({ numeric: new Map([['x', normals(random, 900)]]) });
    const columns = [{ column: 'x', values: normals(random, 300, 0.2) }];
    assert.deepEqual(
      judgeColumns(reference, columns, thresholds),
      judgeColumns(reference, columns, thresholds),
    );
  });
});

function many(values: readonly string[], rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => values[row % values.length] ?? '');
}
