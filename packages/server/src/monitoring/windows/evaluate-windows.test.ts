import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert, Monitor, MonitorWindow } from '@esteira/contracts';
import { untilEventsSettled } from '../../storage/sql/open-test-database.ts';
import { ana, day, firstDay, hour, openMonitoring } from '../monitoring.fixture.ts';

type Fixture = Awaited<ReturnType<typeof openMonitoring>>;

describe('evaluating the windows of a monitor', () => {
  let fixture: Fixture;

  before(async () => {
    fixture = await openMonitoring();
  });
  after(() => fixture.close());

  const columns = ['x', 'constant', 'kind', 'score'];
  let number = 0;
  let name = '';
  beforeEach(() => {
    name = `monitor-${++number}`;
  });

  const windows = async (): Promise<readonly MonitorWindow[]> =>
    ((await fixture.call('windows', { params: { name } })) as { items: MonitorWindow[] }).items;
  const alerts = async (): Promise<readonly Alert[]> =>
    ((await fixture.call('alerts', { query: { monitor: name } })) as { items: Alert[] }).items;

  it('judges closed windows, keeps quiet while nothing changes, and fires on the second shifted day', async () => {
    for (const calm of [0, 1, 2]) await fixture.logDay(calm, 300);
    await fixture.putMonitor({ columns }, name);
    assert.deepEqual(await fixture.evaluate({}, name), { evaluated: 3, unchanged: 0 });
    assert.deepEqual(
      (await windows()).map(({ rows, verdicts }) => [rows, verdicts.drift, verdicts['prediction-drift']]),
      [
        [300, 'ok', 'ok'],
        [300, 'ok', 'ok'],
        [300, 'ok', 'ok'],
      ],
    );
    assert.deepEqual(await alerts(), []);

    for (const shifted of [3, 4]) await fixture.logDay(shifted, 300, () => ({ shift: 1 }));
    assert.deepEqual(await fixture.evaluate({}, name), { evaluated: 2, unchanged: 3 });
    const [newest] = await windows();
    assert.equal(newest?.verdicts.drift, 'breach');
    assert.equal(newest?.prediction?.breach, true);
    assert.deepEqual(
      newest?.drift.filter(({ breach }) => breach).map(({ column }) => column),
      ['x'],
    );
    const drift = (await alerts()).find(({ signal }) => signal === 'drift');
    assert.equal(drift?.state, 'firing');
    assert.deepEqual(drift?.causes, ['x']);
    assert.equal(drift?.windowStart, firstDay + 4 * day);
    assert.match(drift?.summary ?? '', /^x: .* is above the limit of 0.1; noise/);
    const monitor = (await fixture.call('monitor', { params: { name } })) as Monitor;
    assert.equal(monitor.signals.drift, 'firing');
    assert.equal(monitor.profile?.chunks, 12);
    assert.deepEqual(monitor.watched, columns);
  });

  it('tells the drift, keeps it on record, and marks the project as monitored', async () => {
    await untilEventsSettled(fixture.sql);
    const found = (await fixture.events.recent('ws_1', { limit: 500 })).filter(
      ({ type }) => type === 'drift.detected',
    );
    assert.equal(found.length, 2);
    const project = await fixture.projects.get('ws_1', 'flights');
    assert.ok(project.lifecycle.some(({ stage, times }) => stage === 'monitoring' && times >= 5));
    const { items } = await fixture.audit.list('ws_1', {}, { limit: 500 });
    assert.ok(items.filter(({ action }) => action === 'monitoring.alert.changed').length >= 4);
  });

  it('profiles the reference once, whatever number of windows comes', async () => {
    const rows = await fixture.sql
      .query<{ monitor_references: { monitor_id: string; digest: string } }>()
      .selectFrom('monitor_references')
      .select('digest')
      .execute();
    assert.equal(rows.length, 2, 'features, and what the model answers');
  });

  it('does nothing when asked again, and measures a window again when late labels come', async () => {
    await fixture.putMonitor(
      { columns: ['x'], performance: { metric: 'roc_auc', floor: 0.6, minLabels: 100 } },
      name,
    );
    await fixture.evaluate({}, name);
    const before = await windows();
    assert.equal(before.length, 5);
    assert.equal(before[4]?.verdicts.performance, 'unknown');
    assert.match(before[4]?.performance?.reason ?? '', /0 labelled/);
    assert.deepEqual(await fixture.evaluate({}, name), { evaluated: 0, unchanged: 5 });
    assert.deepEqual(await windows(), before);

    const labels = Array.from({ length: 200 }, (_, row) => ({ predictionId: `0-${row}`, label: row % 2 }));
    await fixture.call('postLabels', { params: { endpoint: 'delays' }, body: { labels } });
    assert.deepEqual(await fixture.evaluate({}, name), { evaluated: 1, unchanged: 4 });
    const updated = (await windows())[4];
    assert.equal(updated?.labelledRows, 200);
    assert.equal(updated?.revision, 2);
    assert.equal(updated?.verdicts.performance, 'breach', 'labels by lot cannot be told from the scores');
    assert.ok((updated?.performance?.lower ?? 1) < (updated?.performance?.value ?? 0));
    assert.ok((updated?.performance?.estimated ?? 0) > 0.7);
  });

  it('gives an empty window a row without a verdict when its range is named', async () => {
    await fixture.putMonitor(
      {
        columns,
        latency: { p95Ms: 20 },
        errors: { maxShare: 0.01 },
        performance: { metric: 'f1', floor: 0.1 },
      },
      name,
    );
    const from = firstDay + 50 * day;
    assert.deepEqual(await fixture.evaluate({ from, to: from + day }, name), { evaluated: 1, unchanged: 0 });
    const [empty] = await windows();
    assert.equal(empty?.rows, 0);
    assert.deepEqual(new Set(Object.values(empty?.verdicts ?? {})), new Set(['unknown']));
    assert.deepEqual(await alerts(), []);
  });

  it('raises latency, errors, fallbacks and missing values; bad data holds the word of drift back', async () => {
    await fixture.putMonitor(
      {
        columns,
        latency: { p95Ms: 20 },
        errors: { maxShare: 0.05, maxFallbackShare: 0.05 },
        persistence: { m: 1, n: 1 },
      },
      name,
    );
    await fixture.logDay(60, 400, (row) => ({
      shift: 2,
      latency_ms: row % 10 === 0 ? 50 : 5,
      ...(row % 8 === 0 ? { status: 'error', score: null } : {}),
      ...(row % 9 === 1 ? { status: 'fallback' } : {}),
      ...(row % 4 === 2 ? { f_x: null } : {}),
    }));
    const from = firstDay + 60 * day;
    await fixture.evaluate({ from, to: from + day }, name);
    const open = await alerts();
    assert.deepEqual(open.map(({ signal, state }) => `${signal} ${state}`).sort(), [
      'data-quality firing',
      'drift firing',
      'errors firing',
      'latency firing',
      'prediction-drift firing',
    ]);
    assert.deepEqual(open.find(({ signal }) => signal === 'errors')?.causes, ['errors', 'fallbacks']);
    assert.match(open.find(({ signal }) => signal === 'data-quality')?.summary ?? '', /missing x/);
    const drift = open.find(({ signal }) => signal === 'drift');
    const shown = (await fixture.call('alert', { params: { id: drift?.id } })) as {
      notifications: { state: string; suppressedBecause: string }[];
    };
    assert.equal(shown.notifications[0]?.state, 'suppressed');
    assert.match(shown.notifications[0]?.suppressedBecause ?? '', /data-quality/);
  });

  it('leaves copies for a shadow out of everything', async () => {
    await fixture.logDay(70, 200, () => ({ arm: 'shadow' }));
    await fixture.logDay(70, 100);
    await fixture.putMonitor({ columns: ['x'] }, name);
    const from = firstDay + 70 * day;
    await fixture.evaluate({ from, to: from + day }, name);
    assert.equal((await windows())[0]?.rows, 100);
  });

  it('draws columns by windows, oldest first, with the timeline of alerts', async () => {
    name = 'monitor-1';
    const charts = (await fixture.call('charts', {
      params: { name },
      query: { to: firstDay + 10 * day },
    })) as {
      windows: { start: number }[];
      drift: { column: string; cells: ({ breach: boolean } | null)[] }[];
      transitions: { to: string }[];
    };
    assert.equal(charts.windows[0]?.start, firstDay);
    assert.deepEqual(
      charts.drift.map(({ column }) => column),
      columns,
    );
    assert.deepEqual(
      charts.drift[0]?.cells.map((cell) => cell?.breach),
      [false, false, false, true, true],
    );
    assert.ok(charts.transitions.some(({ to }) => to === 'firing'));
  });

  it('evaluates by itself when predictions have closed a window, and when a stream has ended', async () => {
    await fixture.putMonitor({ columns: ['x'] }, name);
    await fixture.evaluate({}, name);
    const before = (await windows()).length;
    await fixture.logDay(80, 100);
    const lastTime = firstDay + 81 * day - 1;
    const logged = { endpoint: 'delays', rows: 100, firstTime: firstDay + 80 * day, lastTime };
    await fixture.sql.transaction((tx) => fixture.events.emit(tx, ana, 'predictions.logged', logged));
    await fixture.events.idle();
    assert.equal((await windows()).length, before);
    fixture.time.ahead += 2 * hour;
    while ((await windows()).length === before) await sleep(20);
    assert.equal((await windows())[0]?.start, firstDay + 80 * day);
  });

  it('stands still while it is paused', async () => {
    await fixture.putMonitor({ columns: ['x'], paused: true }, name);
    assert.deepEqual(await fixture.evaluate({}, name), { evaluated: 0, paused: true });
    assert.deepEqual(await windows(), []);
  });

  it('measures anew with other limits, and ends the alerts of what it watches no more', async () => {
    const range = { from: firstDay + 60 * day, to: firstDay + 61 * day };
    const persistence = { m: 1, n: 1 };
    await fixture.putMonitor({ columns: ['x'], persistence, latency: { p95Ms: 20 } }, name);
    await fixture.evaluate(range, name);
    assert.ok((await alerts()).some(({ signal, state }) => signal === 'latency' && state === 'firing'));
    await fixture.putMonitor({ columns: ['x'], persistence, thresholds: { psi: 50 } }, name);
    const latency = (await alerts()).find(({ signal }) => signal === 'latency');
    assert.equal(latency?.state, 'resolved');
    assert.match(latency?.summary ?? '', /changed/);
    assert.deepEqual(await fixture.evaluate(range, name), { evaluated: 1, unchanged: 0 });
    assert.equal((await alerts()).find(({ signal }) => signal === 'drift')?.state, 'resolved');
  });

  it('refuses what cannot be watched, and says why', async () => {
    const refused = (changed: Parameters<Fixture['putMonitor']>[0], code: string) =>
      assert.rejects(
        fixture.putMonitor(changed, name),
        (error) => (error as { code?: string }).code === code,
      );
    await refused({ endpoint: 'nowhere' }, 'MONITORED_ENDPOINT_NOT_FOUND');
    await refused({ route: 'nobody' }, 'ALERT_ROUTE_NOT_FOUND');
    await refused({ columns: ['x', 'wind'] }, 'MONITOR_REFERENCE_UNUSABLE');
    await refused({ reference: {} }, 'MONITOR_REFERENCE_UNUSABLE');
    await refused({ performance: { metric: 'rmse', floor: 1 } }, 'MONITOR_METRIC_UNSUITABLE');
    await assert.rejects(fixture.call('monitor', { params: { name } }), /There is no monitor/);
  });

  it('says on the monitor why it cannot be evaluated', async () => {
    await fixture.putMonitor({ columns: ['x'] }, name);
    await assert.rejects(fixture.evaluate({ from: 5, to: 1 }, name), /MONITOR_WINDOW_INVALID/);
    const monitor = (await fixture.call('monitor', { params: { name } })) as Monitor;
    assert.match(monitor.problem ?? '', /from is not before to/);
  });
});
