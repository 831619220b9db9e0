import { spawnSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { openFilesystemBlobStore } from '../../packages/server/src/storage/blobs/filesystem/filesystem-blob-store.ts';

/**
 * How fast the filesystem takes a large blob, hashed and synced, beside what the disk itself can: the same bytes written by
 * dd with one fsync, and by a plain loop without hashing. `node bench/storage/blob-upload.ts [folder] [MiB] [rounds]`; a
 * folder on tmpfs (/dev/shm) shows what is left when the disk costs nothing.
 */
const targetMbPerSecond = 500;
const chunkSize = 1 << 18;
const [folder = tmpdir(), mebibytes = '1024', rounds = '5'] = process.argv.slice(2);
const size = Number(mebibytes) * 2 ** 20;
const directory = await mkdtemp(join(resolve(folder), 'esteira-blob-upload-'));
try {
  const upload: number[] = [];
  const disk: number[] = [];
  const bare: number[] = [];
  // In turns, so that whatever else the machine does weighs on all of them.
  for (let round = 0; round < Number(rounds); round++) {
    upload.push(await measure(uploadBlob));
    disk.push(await measure(writeWithDd));
    bare.push(await measure(writeWithoutHashing));
  }
  const best = { upload: fastest(upload), disk: fastest(disk), bare: fastest(bare) };
  console.log(
    JSON.stringify(
      { folder, mebibytes: Number(mebibytes), upload, disk, bare, best, targetMbPerSecond },
      null,
      2,
    ),
  );
  console.log(
    `\nupload with hashing  ${best.upload} MB/s, ${ratio(best.upload, targetMbPerSecond)} of the target`,
  );
  console.log(
    `dd conv=fsync        ${best.disk} MB/s; the upload reaches ${ratio(best.upload, best.disk)} of it`,
  );
  console.log(
    `plain write, fsync   ${best.bare} MB/s; the upload reaches ${ratio(best.upload, best.bare)} of it`,
  );
  if (best.upload < targetMbPerSecond && best.disk < targetMbPerSecond) {
    console.log('The disk itself is slower than the target.');
  } else if (best.upload < targetMbPerSecond) {
    process.exitCode = 1;
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function uploadBlob(path: string): Promise<void> {
  const store = await openFilesystemBlobStore({ directory: path, random: systemRandom });
  const { size: stored } = await store.put(generated());
  if (stored !== size) throw new Error(`stored ${stored} bytes of ${size}`);
}

async function writeWithDd(path: string): Promise<void> {
  const words = ['if=/dev/zero', `of=${path}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync'];
  const { status, stderr } = spawnSync('dd', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

async function writeWithoutHashing(path: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of generated()) await file.write(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Chunks as a fast client sends them; no two are equal, so nothing can be stored once for all. */
async function* generated(): AsyncIterable<Uint8Array> {
  const chunk = Buffer.from(systemRandom.bytes(chunkSize));
  for (let made = 0; made < size; made += chunkSize) {
    chunk.writeUInt32LE(made / chunkSize);
    yield chunk;
  }
}

/** MB/s, with 1 MB = 10⁶ bytes. */
async function measure(write: (path: string) => Promise<void>): Promise<number> {
  const path = join(directory, 'written');
  const begun = performance.now();
  await write(path);
  const seconds = (performance.now() - begun) / 1000;
  await rm(path, { recursive: true, force: true });
  return Math.round(size / 1e6 / seconds);
}

function fastest(speeds: readonly number[]): number {
  return Math.max(...speeds);
}

function ratio(one: number, other: number): string {
  return `${Math.round((one / other) * 100)} %`;
}
