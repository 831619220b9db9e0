import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LabelReceipt, NewLabel } from '@esteira/contracts';
import type { z } from 'zod';
import { day, firstDay, openMonitoring } from '../monitoring.fixture.ts';

describe('taking labels', () => {
  let fixture: Awaited<ReturnType<typeof openMonitoring>>;

  before(async () => {
    fixture = await openMonitoring();
    await fixture.logDay(0, 50);
  });
  after(() => fixture.close());

  const post = async (labels: readonly NewLabel[]) =>
    (await fixture.call('postLabels', { params: { endpoint: 'delays' }, body: { labels } })) as z.output<
      typeof LabelReceipt
    >;
  const summary = async () =>
    (await fixture.call('labels', { params: { endpoint: 'delays' } })) as Record<string, number | null>;
  const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted;

  it('keeps each once, however often it is sent, and takes a correction', async () => {
    const labels = Array.from({ length: 20 }, (_, row) => ({ predictionId: `0-${row}`, label: row % 2 }));
    assert.deepEqual(await post(labels), {
      received: 20,
      stored: 20,
      repeated: 0,
      corrected: 0,
      unknown: 0,
      unknownSample: [],
    });
    assert.equal((await post(labels)).repeated, 20);
    const again = await post([
      { predictionId: '0-0', label: 1 },
      { predictionId: '0-1', label: true },
      { predictionId: '0-30', label: 0 },
    ]);
    assert.deepEqual([again.stored, again.repeated, again.corrected], [1, 1, 1]);
    assert.equal((await summary()).labels, 21);
    await fixture.putMonitor({
      columns: ['x'],
      performance: { metric: 'accuracy', floor: 0, minLabels: 10 },
    });
    await fixture.evaluate({ from: firstDay, to: firstDay + day });
    const { items } = (await fixture.call('windows', { params: { name: 'delays-daily' } })) as {
      items: { labelledRows: number }[];
    };
    assert.equal(items[0]?.labelledRows, 21);
  });

  it('keeps labels of predictions not yet logged, says how many, and joins them when they are', async () => {
    const receipt = await post([
      { predictionId: '1-0', label: 1 },
      { predictionId: '1-1', label: 0 },
      { predictionId: 'nobody', label: 1 },
    ]);
    assert.deepEqual([receipt.stored, receipt.unknown], [3, 3]);
    assert.deepEqual(receipt.unknownSample, ['1-0', '1-1', 'nobody']);
    assert.equal((await summary()).unknown, 3);
    await fixture.logDay(1, 100);
    await fixture.evaluate({ from: firstDay + day, to: firstDay + 2 * day });
    const { items } = (await fixture.call('windows', { params: { name: 'delays-daily' } })) as {
      items: { start: number; labelledRows: number }[];
    };
    assert.deepEqual([items[0]?.start, items[0]?.labelledRows], [firstDay + day, 2]);
    const known = await post([
      { predictionId: '1-0', label: 1 },
      { predictionId: '1-1', label: 1 },
    ]);
    assert.deepEqual([known.repeated, known.corrected, known.unknown], [1, 1, 0]);
  });

  it('refuses a whole batch for one label of another type, naming it', async () => {
    const before = await summary();
    await assert.rejects(
      post([
        { predictionId: '0-40', label: 1 },
        { predictionId: '0-41', label: '1' },
      ]),
      (error: Error & { code?: string }) =>
        error.code === 'LABEL_TYPE_MISMATCH' &&
        /The label "1" of the prediction 0-41 is a text, but delays expects one of the numbers 0, 1/.test(
          error.message,
        ),
    );
    await assert.rejects(post([{ predictionId: '0-40', label: 3 }]), code('LABEL_TYPE_MISMATCH'));
    assert.deepEqual(await summary(), before);
  });

  it('refuses a batch that contradicts itself, and an endpoint nobody knows', async () => {
    const twice = [
      { predictionId: '0-42', label: 1 },
      { predictionId: '0-42', label: 0 },
    ];
    await assert.rejects(post(twice), code('LABEL_CONFLICT'));
    const body = { labels: [{ predictionId: 'a', label: 1 }] };
    await assert.rejects(
      fixture.call('postLabels', { params: { endpoint: 'nowhere' }, body }),
      code('MONITORED_ENDPOINT_NOT_FOUND'),
    );
  });

  it('takes ten thousand at once, and makes one file of many', async () => {
    const many = Array.from({ length: 10_000 }, (_, row) => ({
      predictionId: `many-${row}`,
      label: row % 2,
    }));
    assert.equal((await post(many)).stored, 10_000);
    for (let batch = 0; batch < 42; batch++) await post([{ predictionId: `one-${batch}`, label: batch % 2 }]);
    await fixture.logDay(2, 40);
    await post([{ predictionId: '2-0', label: 1 }]);
    await fixture.evaluate({ from: firstDay, to: firstDay + 3 * day });
    const parts = await fixture.sql
      .query<{ label_parts: { rows: number; retired_at: number | null } }>()
      .selectFrom('label_parts')
      .select('rows')
      .where('retired_at', 'is', null)
      .execute();
    assert.deepEqual(
      parts.map(({ rows }) => rows),
      [21 + 3 + 10_000 + 42 + 1],
    );
    const { items } = (await fixture.call('windows', { params: { name: 'delays-daily' } })) as {
      items: { labelledRows: number }[];
    };
    assert.deepEqual(
      items.map(({ labelledRows }) => labelledRows),
      [1, 2, 21],
    );
  });
});
