import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clearingSpent } from './clearing-spent.ts';

async function* mebibytes(count: number, ended: () => void): AsyncIterable<Uint8Array> {
  try {
    for (let made = 0; made < count; made++) yield Buffer.alloc(2 ** 20, made);
  } finally {
    ended();
  }
}

it('passes every chunk on in order, and clears what is young away once for eight mebibytes', async () => {
  const asked: unknown[] = [];
  const first: (number | undefined)[] = [];
  let ended = false;
  const end = () => {
    ended = true;
  };
  const bytes = clearingSpent(mebibytes(32, end), async (options?: unknown) => void asked.push(options));
  for await (const chunk of bytes) first.push(chunk[0]);
  assert.deepEqual(
    first,
    Array.from({ length: 32 }, (_, made) => made),
  );
  assert.deepEqual(asked, Array(4).fill({ type: 'minor' }));
  assert.equal(ended, true);
});

it('ends the source when its reader leaves early', async () => {
  let ended = false;
  const end = () => {
    ended = true;
  };
  for await (const chunk of clearingSpent(mebibytes(9, end))) if (chunk[0] === 2) break;
  assert.equal(ended, true);
});
