import { createHash } from 'node:crypto';
import { systemClock } from '../../../kernel/clock.ts';
import { silentLogger } from '../../../kernel/logger.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { openBlobStore } from '../open-blob-store.ts';

// Stores and reads a large blob and tells by how much the process grew.
const [config = '{}', directory = '', size = '0'] = process.argv.slice(2);
const { blobs } = await openBlobStore({
  config: JSON.parse(config),
  directory,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
const before = process.resourceUsage().maxRSS * 1024;

async function* generated(): AsyncIterable<Uint8Array> {
  const chunk = Buffer.alloc(1 << 16);
  for (let made = 0; made < Number(size); made += chunk.length) {
    chunk.writeUInt32LE(made >>> 4);
    yield chunk;
  }
}

const stored = await blobs.put(generated());
const hash = createHash('sha256');
for await (const chunk of blobs.get(stored.digest)) hash.update(chunk);
const grown = process.resourceUsage().maxRSS * 1024 - before;
await blobs.close();
process.stdout.write(
  JSON.stringify({ ...stored, stored: stored.size, read: `sha256:${hash.digest('hex')}`, grown }),
);
