import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createAuditLog, createSealedSecrets, systemActor } from '../../governance/index.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import { openMemoryDatabase } from '../../storage/sql/sqlite/open-memory-database.ts';
import { createServingNews } from '../news.ts';
import { snapshotRevision } from './endpoint-store.ts';
import { listModelSecrets } from './model-secret-store.ts';
import { createModelSecrets, type ModelSecrets } from './model-secrets.ts';

const clock = { now: () => 1_000 };
const random = { bytes: (size: number) => Buffer.alloc(size, 3) };
const context = { workspace: 'ws', actor: systemActor, requestId: 'r' };
const secret = { name: 'llm', origin: 'https://llm.example', value: 's3cret' };

describe('the secrets of remote models', () => {
  let sql: SqlDatabase;
  let secrets: ModelSecrets;
  before(async () => {
    sql = await openMemoryDatabase();
    secrets = createModelSecrets({
      sql,
      clock,
      audit: createAuditLog({
        sql,
        clock,
        ids: createIdGenerator({ clock: systemClock, random }),
        logger: silentLogger,
        signingKey: generateKeyPairSync('ed25519').privateKey,
      }),
      news: createServingNews(sql),
      sealed: createSealedSecrets(Buffer.alloc(32, 9), random, 'model'),
    });
  });
  after(() => sql.close());

  it('are kept sealed, shown without their values, and opened for model servers that need them', async () => {
    const before = await snapshotRevision(sql, 'ws');
    assert.equal(Object.hasOwn(await secrets.put(context, secret), 'value'), false);
    assert.ok((await snapshotRevision(sql, 'ws')) > before);
    const stored = await listModelSecrets(sql, 'ws', {});
    assert.doesNotMatch(JSON.stringify(stored), /s3cret/);
    const page = await secrets.list('ws', { limit: 10 });
    assert.deepEqual(page.items, [
      { name: 'llm', origin: secret.origin, createdBy: systemActor.id, createdAt: 1_000 },
    ]);
    assert.deepEqual(await secrets.open('ws', new Set(['llm', 'other'])), {
      llm: { origin: secret.origin, value: 's3cret' },
    });
    assert.deepEqual(await secrets.open('another', new Set(['llm'])), {});
  });

  it('open for the server that they were put for alone, whatever is written into the table', async () => {
    await secrets.put(context, secret);
    await sql.transaction((tx) =>
      tx
        .query<{ model_secrets: { origin: string } }>()
        .updateTable('model_secrets')
        .set({ origin: 'https://elsewhere.example' })
        .execute(),
    );
    assert.deepEqual(await secrets.open('ws', new Set(['llm'])), {});
  });

  it('are gone when they are deleted, and a second time there is none', async () => {
    await secrets.put(context, secret);
    await secrets.remove(context, 'llm');
    assert.deepEqual(await secrets.open('ws', new Set(['llm'])), {});
    await assert.rejects(secrets.remove(context, 'llm'), { code: 'MODEL_SECRET_NOT_FOUND' });
  });
});
