import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { openFilesystemBlobStore } from '../../packages/server/src/storage/blobs/filesystem/filesystem-blob-store.ts';

/**
 * How fast the filesystem takes a large blob, hashed and synced, and gives it back, hashed again, beside what the disk itself
 * can: the same bytes written by dd with one fsync, and by a plain loop without hashing. On a machine with other work the
 * seconds of processor time for a GiB say more than the speed: they hardly depend on it.
 * `node bench/storage/blob-upload.ts [folder] [MiB] [rounds]`; a folder on tmpfs (/dev/shm) shows what is left when the disk
 * costs nothing. Writes its results beside itself.
 */
const targetMbPerSecond = 500;
const chunkSize = 1 << 18;
const [folder = tmpdir(), mebibytes = '1024', rounds = '5'] = process.argv.slice(2);
const size = Number(mebibytes) * 2 ** 20;
const directory = await mkdtemp(join(resolve(folder), 'esteira-blob-upload-'));

interface Measured {
  /** MB/s, with 1 MB = 10⁶ bytes, one for each round. */
  readonly speeds: number[];
  /** Of this process, for a GiB. */
  readonly cpuSeconds: number[];
}

const measured = { upload: none(), download: none(), disk: none(), bare: none() };
const loadBefore = loadavg()[0];
try {
  // In turns, so that whatever else the machine does weighs on all of them.
  for (let round = 0; round < Number(rounds); round++) {
    const path = join(directory, 'store');
    const store = await openFilesystemBlobStore({ directory: path, random: systemRandom });
    let digest = '';
    await measure(measured.upload, async () => {
      const stored = await store.put(generated());
      if (stored.size !== size) throw new Error(`stored ${stored.size} bytes of ${size}`);
      digest = stored.digest;
    });
    await measure(measured.download, async () => {
      let read = 0;
      for await (const chunk of store.get(digest)) read += chunk.length;
      if (read !== size) throw new Error(`read ${read} bytes of ${size}`);
    });
    await rm(path, { recursive: true, force: true });
    const file = join(directory, 'written');
    await measure(measured.disk, () => writeWithDd(file));
    await rm(file);
    await measure(measured.bare, () => writeWithoutHashing(file));
    await rm(file);
  }
  const { upload, download, disk, bare } = measured;
  const best = fastest(upload);
  print('upload with hashing', upload);
  print('download with hashing', download);
  console.log(
    `dd conv=fsync          ${fastest(disk)} MB/s at best; the upload reaches ${ratio(best, fastest(disk))} of it`,
  );
  console.log(
    `plain write, fsync     ${fastest(bare)} MB/s at best; the upload reaches ${ratio(best, fastest(bare))} of it`,
  );
  console.log(`the upload reaches ${ratio(best, targetMbPerSecond)} of the target`);
  await save();
  if (best < targetMbPerSecond && fastest(disk) < targetMbPerSecond) {
    console.log('The disk itself is slower than the target.');
  } else if (best < targetMbPerSecond) {
    process.exitCode = 1;
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

function print(name: string, { speeds, cpuSeconds }: Measured): void {
  const sorted = speeds.toSorted((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  const least = Math.min(...cpuSeconds);
  console.log(
    `${name.padEnd(22)} ${fastest({ speeds })} MB/s at best, ${middle} in the middle; ${least} s of processor time for a GiB`,
  );
}

async function save(): Promise<void> {
  const results = join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    node: process.version,
  };
  const load = { before: loadBefore, after: loadavg()[0] };
  const document = { date, machine, load, mebibytes: Number(mebibytes), targetMbPerSecond, measured };
  await writeFile(join(results, `blob-upload-${date}.json`), `${JSON.stringify(document, null, 2)}\n`);
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

async function measure(into: Measured, work: () => Promise<void>): Promise<void> {
  const cpuBefore = process.cpuUsage();
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  into.speeds.push(Math.round(size / 1e6 / seconds));
  into.cpuSeconds.push(Number(((user + system) / 1e6 / (size / 2 ** 30)).toFixed(2)));
}

function none(): Measured {
  return { speeds: [], cpuSeconds: [] };
}

function fastest({ speeds }: Pick<Measured, 'speeds'>): number {
  return Math.max(...speeds);
}

function ratio(one: number, other: number): string {
  return `${Math.round((one / other) * 100)} %`;
}
