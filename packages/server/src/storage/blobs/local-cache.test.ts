import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemRandom } from '../../kernel/random-source.ts';
import { openLocalCache } from './local-cache.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-cache-'));
after(() => rmSync(root, { recursive: true, force: true }));
const hour = 3_600_000;
let made = 0;

function fresh(): string {
  made++;
  return join(root, `cache-${made}`);
}

async function open(options: { directory?: string; capacity: number; keepBetweenRuns?: boolean }) {
  let now = Date.now();
  const cache = await openLocalCache({
    directory: fresh(),
    keepBetweenRuns: true,
    clock: { now: () => now },
    random: systemRandom,
    ...options,
  });
  return { cache, pass: (milliseconds: number) => (now += milliseconds) };
}

function blob(text: string) {
  const bytes = Buffer.from(text);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  async function* stream(): AsyncIterable<Uint8Array> {
    yield bytes;
  }
  return { digest, download: async () => ({ size: bytes.length, bytes: stream() }) };
}

describe('local copies of blobs', () => {
  it('are downloaded once, also for callers that ask at the same time', async () => {
    const { cache } = await open({ capacity: 1000 });
    const { digest, download } = blob('content');
    let downloads = 0;
    const counted = () => {
      downloads++;
      return download();
    };
    const paths = await Promise.all([1, 2, 3].map(() => cache.file(digest, counted)));
    await cache.file(digest, counted);
    assert.equal(downloads, 1);
    assert.equal(readFileSync(paths[0] ?? '', 'utf8'), 'content');
  });

  it('go in the order of last use when room is needed, but not within six hours of it', async () => {
    const { cache, pass } = await open({ capacity: 30 });
    const [one, two, three] = ['1', '2', '3'].map((digit) => blob(digit.repeat(10)));
    assert.ok(one && two && three);
    const first = await cache.file(one.digest, one.download);
    const second = await cache.file(two.digest, two.download);
    pass(7 * hour);
    await cache.file(one.digest, one.download);
    const large = blob('large '.repeat(3));
    await cache.file(large.digest, large.download);
    assert.equal(existsSync(second), false);
    assert.equal(existsSync(first), true);
    await cache.file(three.digest, three.download);
    assert.equal(existsSync(first), true, 'the capacity is exceeded rather than the promise broken');
  });

  it('are kept between runs, or removed when the cache is opened and closed', async () => {
    const directory = fresh();
    const { digest, download } = blob('kept');
    const one = await open({ directory, capacity: 1000 });
    const path = await one.cache.file(digest, download);
    await one.cache.close();
    writeFileSync(join(directory, 'half.new'), 'half');
    const two = await open({ directory, capacity: 1000 });
    assert.equal(await two.cache.file(digest, () => Promise.reject(new Error('asked again'))), path);
    assert.deepEqual(readdirSync(directory), [digest.slice('sha256:'.length)]);
    const three = await open({ directory, capacity: 1000, keepBetweenRuns: false });
    assert.deepEqual(readdirSync(directory), []);
    await three.cache.file(digest, download);
    await three.cache.close();
    assert.equal(existsSync(directory), false);
  });

  it('are not kept of a download that broke or brought something else', async () => {
    const { cache } = await open({ capacity: 1000 });
    const { digest, download } = blob('right');
    await assert.rejects(
      cache.file(digest, () => Promise.reject(new Error('broke'))),
      /broke/,
    );
    await assert.rejects(cache.file(digest, blob('wrong').download), { code: 'BLOB_DAMAGED' });
    assert.equal(readFileSync(await cache.file(digest, download), 'utf8'), 'right');
  });
});
