import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { CompleteFile } from './object-storage.ts';

const blockSize = 1 << 20;
/** Written, but not on its way to the disk yet. */
const longestBacklog = 1 << 26;
const idleBlocks: Buffer[] = [];

/**
 * Writes a new file (mode 0600) and hashes what is written. While one block of 1 MiB is on its way to the file, in a
 * thread, it is hashed here, so that the slower of the two sets the pace. With `writeBack` the disk begins to take the file
 * while the rest still comes, so that a sync afterwards has little left to do; the sync itself is the caller's. After an
 * error the file is incomplete and the caller's to remove.
 */
export async function writeHashed(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  options: { writeBack: boolean },
): Promise<CompleteFile> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let block = takeBlock();
  let filled = 0;
  let size = 0;
  let backlog = 0;
  let writing: Promise<Buffer | undefined> = Promise.resolve(undefined);
  let writingBack: Promise<unknown> | undefined;
  const failures: unknown[] = [];

  async function flush(): Promise<void> {
    const other = (await writing) ?? takeBlock();
    writing = writeWhole(file, block, filled);
    // A failure is met by whoever awaits `writing` next, not by the process.
    writing.catch(() => undefined);
    hash.update(block.subarray(0, filled));
    size += filled;
    backlog += filled;
    block = other;
    filled = 0;
    if (options.writeBack && backlog >= longestBacklog && writingBack === undefined) {
      backlog = 0;
      // The system tells of a failure once: it must not be lost here, for the sync that follows would not hear of it.
      writingBack = file
        .datasync()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          writingBack = undefined;
        });
    }
  }

  try {
    for await (const chunk of bytes) {
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + blockSize - filled);
        block.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled === blockSize) await flush();
      }
    }
    if (filled > 0) await flush();
    const other = await writing;
    await writingBack;
    if (failures.length > 0) throw failures[0];
    if (other !== undefined) giveBlock(other);
    giveBlock(block);
    return { path, size, sha256: hash.digest() };
  } finally {
    await writing.catch(() => undefined);
    await writingBack;
    await file.close();
  }
}

/** Hashes a file that is there already. */
export async function hashFile(path: string): Promise<CompleteFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: blockSize })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { path, size, sha256: hash.digest() };
}

async function writeWhole(file: FileHandle, block: Buffer, length: number): Promise<Buffer> {
  let written = 0;
  while (written < length) {
    const { bytesWritten } = await file.write(block, written, length - written);
    written += bytesWritten;
  }
  return block;
}

/** Blocks are used again: many small blobs would otherwise ask for a fresh mebibyte each. */
function takeBlock(): Buffer {
  return idleBlocks.pop() ?? Buffer.allocUnsafeSlow(blockSize);
}

function giveBlock(block: Buffer): void {
  if (idleBlocks.length < 8) idleBlocks.push(block);
}
