import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Alert, GateSubject } from '@esteira/contracts';
import { day, firstDay, openMonitoring } from '../monitoring.fixture.ts';

const subject: GateSubject = {
  kind: 'deployment',
  project: 'flights',
  model: 'delays',
  modelVersionId: 'mv_1',
  endpoint: 'delays',
  stage: 'production',
};

describe('alerts and where they go', () => {
  let fixture: Awaited<ReturnType<typeof openMonitoring>>;

  before(async () => {
    fixture = await openMonitoring();
    for (const number of [0, 1, 2, 3, 4]) {
      await fixture.logDay(number, 200, () => ({ latency_ms: number < 2 || number === 4 ? 50 : 5 }));
    }
  });
  after(() => fixture.close());

  const settings = {
    columns: ['x'],
    latency: { p95Ms: 20 },
    errors: { maxShare: 0.1 },
    performance: { metric: 'f1' as const, floor: 0.1 },
  };
  const read = (name: string) =>
    fixture.monitoring.evidenceReaders
      .find((reader) => reader.name === name)
      ?.read(context(), subject, async () => undefined);
  const context = () => ({
    workspace: 'ws_1',
    actor: fixture.actors.get('usr_ana') as never,
    requestId: 'r',
  });
  const latencyAlert = async (): Promise<Alert | undefined> => {
    const { items } = (await fixture.call('alerts', { query: { endpoint: 'delays' } })) as { items: Alert[] };
    return items.find(({ signal }) => signal === 'latency');
  };
  const evaluateDay = (number: number) =>
    fixture.evaluate({ from: firstDay + number * day, to: firstDay + (number + 1) * day });
  const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted;

  it('gives gates no evidence while nothing is set up', async () => {
    for (const name of ['monitor', 'alertRoutes', 'retrainingPolicy'])
      assert.equal(await read(name), undefined);
  });

  it('proves a route by a test message that somebody acknowledges, until the route changes', async () => {
    await fixture.putMonitor(settings);
    const unproved = {
      endpoint: 'delays',
      kinds: ['drift', 'errors', 'latency', 'performance'],
      silencedWithoutEnd: 0,
    };
    assert.deepEqual(await read('alertRoutes'), {
      ...unproved,
      routes: [{ name: 'team', acknowledgedTestAt: null }],
    });
    const { id } = (await fixture.call('testAlertRoute', { params: { name: 'team' } })) as { id: string };
    await fixture.call('acknowledgeNotification', { params: { id } });
    const proved = (await read('alertRoutes')) as { routes: { acknowledgedTestAt: number | null }[] };
    assert.ok((proved.routes[0]?.acknowledgedTestAt ?? 0) > 0);
    const second = (await fixture.call('testAlertRoute', { params: { name: 'team' } })) as { id: string };
    await fixture.call('putAlertRoute', { params: { name: 'team' }, body: { kind: 'log' } });
    await fixture.call('acknowledgeNotification', { params: { id: second.id } });
    assert.deepEqual(await read('alertRoutes'), {
      ...unproved,
      routes: [{ name: 'team', acknowledgedTestAt: null }],
    });
    await assert.rejects(
      fixture.call('testAlertRoute', { params: { name: 'nobody' } }),
      code('ALERT_ROUTE_NOT_FOUND'),
    );
  });

  it('tells gates what the monitor is set up to do', async () => {
    assert.deepEqual(await read('monitor'), {
      name: 'delays-daily',
      endpoint: 'delays',
      paused: false,
      reference: fixture.splitId,
      columns: 1,
      window: 'P1D',
      thresholds: 2,
      performanceFloor: true,
      route: 'team',
    });
  });

  it('opens at the first breach, fires at the second, is taken in hand, and ends after two good windows', async () => {
    await evaluateDay(0);
    const pending = await latencyAlert();
    assert.equal(pending?.state, 'pending');
    const acknowledge = () =>
      fixture.call('acknowledgeAlert', { params: { id: pending?.id }, body: { reason: 'a slow disk' } });
    await assert.rejects(acknowledge(), code('ALERT_NOT_FIRING'));
    await evaluateDay(1);
    assert.equal((await latencyAlert())?.state, 'firing');
    assert.match((await latencyAlert())?.summary ?? '', /p95 50 ms, limit 20 ms/);
    assert.equal(((await acknowledge()) as Alert).acknowledgedBy, 'Ana');
    await evaluateDay(2);
    assert.equal((await latencyAlert())?.state, 'acknowledged');
    await evaluateDay(3);
    assert.equal((await latencyAlert())?.state, 'resolved');
    const shown = (await fixture.call('alert', { params: { id: pending?.id } })) as {
      transitions: { from: string; to: string; actor: string }[];
      notifications: { state: string }[];
    };
    assert.deepEqual(
      shown.transitions.map(({ to }) => to),
      ['pending', 'firing', 'acknowledged', 'resolved'],
    );
    assert.deepEqual(
      shown.notifications.map(({ state }) => state),
      ['delivered', 'delivered'],
    );
    await evaluateDay(4);
    assert.notEqual((await latencyAlert())?.id, pending?.id, 'what comes after the end is another alert');
  });

  it('holds notifications back while silenced, and a silence without end is known to the gate', async () => {
    const silence = (await fixture.call('createSilence', {
      body: { monitor: 'delays-daily', signal: 'latency', reason: 'moving house', endsAt: null },
    })) as { id: string; owner: string };
    assert.equal(silence.owner, 'Ana');
    assert.equal(((await read('alertRoutes')) as { silencedWithoutEnd: number }).silencedWithoutEnd, 1);
    await fixture.logDay(5, 200, () => ({ latency_ms: 50 }));
    await evaluateDay(5);
    const alert = await latencyAlert();
    assert.equal(alert?.state, 'firing');
    const { items } = (await fixture.call('notifications', { query: { state: 'suppressed' } })) as {
      items: { alertId: string; suppressedBecause: string }[];
    };
    assert.equal(items[0]?.alertId, alert?.id);
    assert.match(items[0]?.suppressedBecause ?? '', /silenced by Ana until somebody ends it: moving house/);
    await fixture.call('endSilence', { params: { id: silence.id } });
    await assert.rejects(
      fixture.call('endSilence', { params: { id: silence.id } }),
      code('SILENCE_NOT_FOUND'),
    );
    assert.equal(((await read('alertRoutes')) as { silencedWithoutEnd: number }).silencedWithoutEnd, 0);
  });
});
