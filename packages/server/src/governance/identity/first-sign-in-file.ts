import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the very first link waits for the operator of a server without a terminal. */
function firstSignInPath(deps: { readonly dataDirectory: string }): string {
  return join(deps.dataDirectory, 'first-sign-in');
}

/** Writes the link for the owner of the directory alone; returns the path. */
export async function writeFirstSignInFile(
  deps: { readonly dataDirectory: string },
  url: string,
): Promise<string> {
  const path = firstSignInPath(deps);
  await mkdir(deps.dataDirectory, { recursive: true, mode: 0o700 });
  // An old file is removed first: opened again it would keep its mode, and a link in its place would be followed.
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${url}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

/** After any sign-in the first link is of no more use. */
export async function removeFirstSignInFile(deps: { readonly dataDirectory: string }): Promise<void> {
  await rm(firstSignInPath(deps), { force: true });
}
