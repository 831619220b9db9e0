import { systemClock } from '../../../kernel/clock.ts';
import { silentLogger } from '../../../kernel/logger.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { openBlobStore } from '../open-blob-store.ts';

// Kills itself while a blob is uploaded in parts.
const [config = '{}', directory = ''] = process.argv.slice(2);
const { blobs } = await openBlobStore({
  config: JSON.parse(config),
  directory,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
const size = 96 * 2 ** 20;

async function* generated(): AsyncIterable<Uint8Array> {
  const chunk = Buffer.alloc(1 << 20, 'killed');
  for (let made = 0; made < size; made += chunk.length) yield chunk;
  // All is spooled; the upload begins now and takes longer than this.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 150);
}

await blobs.put(generated());
