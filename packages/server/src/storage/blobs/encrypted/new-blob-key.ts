import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import type * as Yaml from 'yaml';
import type { Clock } from '../../../kernel/clock.ts';
import { esteiraError } from '../../../kernel/errors.ts';
import { loadWhenUsed } from '../../../kernel/load-when-used.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import { keyIdPattern, readKeyFile } from './blob-keys.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

/**
 * Adds a fresh key to the key file, which is made with mode 0600 when it is missing, and makes it the active one unless
 * `standby`. The ids say the day: `k-2026-11-21`, `k-2026-11-21-2`. Throws BAD_CONFIG for a file or an id that is unfit.
 */
export function addBlobKey(options: {
  path: string;
  id?: string;
  standby: boolean;
  clock: Clock;
  random: RandomSource;
}): { id: string; active: string } {
  const { path } = options;
  const known = existsSync(path) ? readKeyFile(path) : undefined;
  const keys = new Map(known?.keys);
  const id = options.id ?? freshId(options.clock, keys);
  if (!keyIdPattern.test(id) || keys.has(id)) {
    const problem = keys.has(id)
      ? 'there is a key with this id'
      : 'an id is of lower-case letters, digits and "-"';
    throw esteiraError('BAD_CONFIG', { problem: `blobKeys: "${id}": ${problem}` });
  }
  keys.set(id, Buffer.from(options.random.bytes(32)));
  const active = options.standby && known !== undefined ? known.active : id;
  const texts = Object.fromEntries([...keys].map(([name, bytes]) => [name, bytes.toString('base64')]));
  writePrivately(path, yaml().stringify({ active, keys: texts }));
  return { id, active };
}

function freshId(clock: Clock, keys: ReadonlyMap<string, Buffer>): string {
  const day = `k-${new Date(clock.now()).toISOString().slice(0, 10)}`;
  let id = day;
  for (let count = 2; keys.has(id); count++) id = `${day}-${count}`;
  return id;
}

/** Under another name first, and on disk: a crash must not cost a key that something is encrypted with. */
function writePrivately(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
