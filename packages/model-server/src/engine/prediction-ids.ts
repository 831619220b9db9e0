import { randomFillSync } from 'node:crypto';

const idBytes = 12;
const drawnAtOnce = 512;

/** Ids that nobody can guess: `pr_` and 96 random bits. Drawn from the system many at a time, as each draw is dear. */
export function createPredictionIds(): () => string {
  const bytes = Buffer.alloc(idBytes * drawnAtOnce);
  let at = bytes.length;
  return () => {
    if (at === bytes.length) {
      randomFillSync(bytes);
      at = 0;
    }
    at += idBytes;
    return `pr_${bytes.toString('hex', at - idBytes, at)}`;
  };
}
