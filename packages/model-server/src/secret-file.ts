import { readFileSync, statSync } from 'node:fs';

/**
 * A secret in a file of its own, which may be replaced while the process runs: each call answers what the file holds by now.
 * The last secret stands while there is no file, for a moment between two, and where the new content is not accepted. Throws
 * when there is no file, or an empty one, at first.
 */
export function openSecretFile(
  path: string,
  options: {
    /** What may stand in the file; anything unless given. */
    readonly accepts?: (text: string) => boolean;
    /** Told once for each content that came after the first. */
    readonly onReplaced?: (verdict: 'taken' | 'refused') => void;
  } = {},
): () => string {
  const { accepts = () => true, onReplaced = () => undefined } = options;
  let seen = markOf(path);
  let secret = readSecret(path);
  if (secret === '') throw new Error(`The file ${path} is empty.`);

  return () => {
    const mark = markOf(path);
    if (mark === undefined || mark === seen) return secret;
    const next = readAgain(path);
    if (next === undefined) return secret;
    seen = mark;
    if (next === secret) return secret;
    const taken = next !== '' && accepts(next);
    if (taken) secret = next;
    onReplaced(taken ? 'taken' : 'refused');
    return secret;
  };
}

/** Another one for each file that is put in its place, also when a link leads to another. */
function markOf(path: string): string | undefined {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    return undefined;
  }
}

function readAgain(path: string): string | undefined {
  try {
    return readSecret(path);
  } catch {
    return undefined;
  }
}

/** Editors and `echo` end a line. */
function readSecret(path: string): string {
  return readFileSync(path, 'utf8').trim();
}
