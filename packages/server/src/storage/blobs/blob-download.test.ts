import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { blobDownload } from './blob-download.ts';
import { openBlobStore } from './open-blob-store.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-download-'));
after(() => rmSync(root, { recursive: true, force: true }));

describe('a download of a blob', () => {
  it('comes through the server where the store has no address to give, whatever was asked for', async () => {
    const { blobs } = await openBlobStore({
      config: { s3Region: 'us-east-1' },
      directory: root,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    });
    const blob = await blobs.put(once('content'));
    const options = { contentType: 'text/plain', fileName: 'a.txt', redirect: true };
    const { bytes, ...reply } = await blobDownload(blobs, blob, options);
    assert.deepEqual(reply, { contentType: 'text/plain', size: 7, fileName: 'a.txt' });
    for await (const chunk of bytes) assert.equal(Buffer.from(chunk).toString(), 'content');
  });
});

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
