import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeState } from '@esteira/contracts';
import { changeColumns } from './change-columns.ts';
import { table } from './output.ts';

const change = {
  id: 'chg_01m7yt0avaag46kdn336jmkvmg',
  kind: 'serving.rollback',
  subject: { endpoint: 'flight-delays-of-the-whole-network', modelVersionId: 'mv_1' },
  state: 'awaiting-approval',
  digest: 'sha256:1',
  requestedBy: 'usr_01m7ysxxtjqav62x4sq92q5fxx',
  requestedAt: Date.UTC(2026, 10, 21, 10, 44, 5),
  updatedAt: 0,
  expiresAt: 0,
  approvalsRequired: 2,
  approvalsGiven: 1,
} as const;

test('says what is to change, how far it is, who asked and when', () => {
  const text = table(
    [{ ...change, subject: { endpoint: 'flights' } }],
    changeColumns(() => 'ana'),
  );
  assert.equal(
    text,
    `id                              kind      subject  state         who  when
chg_01m7yt0avaag46kdn336jmkvmg  rollback  flights  awaiting 1/2  ana  2026-11-21 10:44`,
  );
});

test('fits 100 columns in every state, whatever the names', () => {
  const changes = ChangeState.options.map((state) => ({ ...change, state }));
  const lines = table(
    changes,
    changeColumns((id) => id),
  ).split('\n');
  assert.equal(lines.length, changes.length + 1);
  for (const line of lines) assert.ok(line.length <= 100, line);
});
