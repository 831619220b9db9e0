import { systemClock } from './kernel/clock.ts';
import { systemRandom } from './kernel/random-source.ts';
import { addBlobKey } from './storage/blobs/encrypted/new-blob-key.ts';

/**
 * Adds a fresh key to the file that `--blob-keys` names, made with mode 0600 when it is missing. It becomes the active key,
 * unless `standby`. Works without a server. Throws BAD_CONFIG.
 */
export function keepBlobKey(options: { path: string; id?: string; standby: boolean }) {
  return addBlobKey({ ...options, clock: systemClock, random: systemRandom });
}
