import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from './logger.ts';
import { createPrometheusMeter } from './prometheus-meter.ts';

test('a gauge that cannot be read is left out, and hides no other', async () => {
  const meter = await createPrometheusMeter({ logger: silentLogger });
  let away = false;
  meter.gauge({ name: 'esteira_shaky', help: 'Shaky.', labels: ['kind'] }, async () => {
    if (away) throw new Error('away');
    return [{ labels: { kind: 'a' }, value: 1 }];
  });
  meter.gauge({ name: 'esteira_steady', help: 'Steady.', labels: [] }, async () => [
    { labels: {}, value: 2 },
  ]);
  const counter = meter.counter({ name: 'esteira_done_total', help: 'Done.', labels: ['kind'] });
  counter.add({ kind: 'b' });
  counter.add({ kind: 'b' }, 2);
  assert.match(await meter.text(), /^esteira_shaky\{kind="a"\} 1$/m);
  away = true;
  const text = await meter.text();
  assert.doesNotMatch(text, /^esteira_shaky\{/m);
  assert.match(text, /^esteira_steady 2$/m);
  assert.match(text, /^esteira_done_total\{kind="b"\} 3$/m);
});
