import { chmod, open } from 'node:fs/promises';

/** Brings a file to disk and takes the right to write it away: mode 0400. */
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
