import { esteiraError } from '../kernel/errors.ts';

/**
 * Checks the path of an artifact and returns it. It must be plain already: relative, forward slashes, no `.` or `..`, no
 * empty part, nothing that a decoder or a Unicode normaliser would turn into one of these. Throws ARTIFACT_PATH_INVALID.
 */
export function checkArtifactPath(path: string): string {
  const problem = problemOf(path);
  if (problem !== undefined)
    throw esteiraError('ARTIFACT_PATH_INVALID', { path: path.slice(0, 200), problem });
  return path;
}

function problemOf(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > 1024) return 'it is longer than 1024 characters';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (path.normalize('NFC') !== path) return 'it is not in Unicode normal form C';
  if (/%[0-9a-f]{2}/i.test(path)) return 'it holds percent-encoded characters';
  // Fullwidth and small forms of dot, slash and backslash become the plain ones under compatibility normalisation.
  const compatible = path.normalize('NFKC');
  if (compatible.split('/').length !== path.split('/').length)
    return 'it holds a character that stands for a slash';
  return problemOfParts(path) ?? problemOfParts(compatible);
}

function problemOfParts(path: string): string | undefined {
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 32 || (code >= 127 && code < 160)) return 'it holds a control character';
  }
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return 'it begins with a drive letter or a scheme';
  for (const part of path.split('/')) {
    if (part === '') return 'a part of it is empty';
    if (part === '.' || part === '..') return `it holds the part "${part}"`;
    if (part.length > 255) return 'a part of it is longer than 255 characters';
    if (part !== part.trim()) return 'a part of it begins or ends with a blank';
  }
  return undefined;
}
