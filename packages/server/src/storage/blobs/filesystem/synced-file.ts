import { chmod, open } from 'node:fs/promises';

/** Writes a new file that is on disk when the promise resolves: mode 0600 while it grows, 0400 when it is whole. */
export async function writeSynced(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of bytes) {
      let written = 0;
      while (written < chunk.length) {
        const { bytesWritten } = await file.write(chunk, written, chunk.length - written);
        written += bytesWritten;
      }
    }
    await file.chmod(0o400);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Brings a file that another engine has written to disk and takes the right to write it away. */
export async function syncFile(path: string): Promise<void> {
  await chmod(path, 0o400);
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a directory durable: a rename alone survives a crash of the process, not of the machine. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
