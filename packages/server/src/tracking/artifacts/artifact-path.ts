import { esteiraError } from '../../kernel/errors.ts';

/**
 * Checks the path of an artifact and returns it as it came. It must be plain: relative, forward slashes, no `.` or `..`, no
 * empty part, and nothing that a decoder, a Unicode normaliser or a file system would turn into one of these, however often
 * it decodes. Throws ARTIFACT_PATH_INVALID.
 */
export function checkArtifactPath(path: string, longest = 1024): string {
  const problem = problemOf(path, longest);
  if (problem !== undefined)
    throw esteiraError('ARTIFACT_PATH_INVALID', { path: path.slice(0, 200), problem });
  return path;
}

/** More rounds of encoding than anybody has a use for. */
const mostDecodings = 8;

function problemOf(path: string, longest: number): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > longest) return `it is longer than ${longest} characters`;
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  const parts = path.split('/');
  if (parts.some((part) => part.length > 255)) return 'a part of it is longer than 255 characters';
  let read = path;
  for (let decodings = 0; decodings <= mostDecodings; decodings++) {
    // Fullwidth and small forms of dot, slash and backslash become the plain ones under compatibility normalisation.
    const compatible = read.normalize('NFKC');
    if (read.split('/').length !== parts.length || compatible.split('/').length !== parts.length)
      return 'it holds a character that stands for a slash';
    const problem = problemOfParts(read) ?? problemOfParts(compatible);
    if (problem !== undefined) return problem;
    const decoded = decodeOnce(read);
    if (decoded === read) return undefined;
    read = decoded;
  }
  return 'it is percent-encoded over and over';
}

function problemOfParts(path: string): string | undefined {
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 32 || (code >= 127 && code < 160)) return 'it holds a control character';
  }
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^\s*[a-z][a-z0-9+.-]*:/i.test(path)) return 'it begins with a drive letter or a scheme';
  if (/%c[01]/i.test(path)) return 'it holds an overlong form of a character';
  for (const part of path.split('/')) {
    if (part === '') return 'a part of it is empty';
    // Some file systems drop dots and blanks at the end of a name.
    if (/^[.\s]+$/.test(part)) return `it holds the part "${part}"`;
  }
  return undefined;
}

/** Bytes of ASCII; what stands behind others is no part of a path's grammar. */
function decodeOnce(path: string): string {
  return path.replace(/%(?:u00)?([0-7][0-9a-f])/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
