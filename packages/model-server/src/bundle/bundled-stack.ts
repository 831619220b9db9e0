import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Beside each bundled file: where each of its lines was written. Two numbers per line, the source's and its line; -1: nowhere. */
export interface WrittenLines {
  /** From the root. */
  readonly sources: readonly string[];
  readonly lines: readonly number[];
}

export const writtenLinesSuffix = '.lines.json';

/** Stack traces name the sources in which the bundled lines were written, so that an error leads where it is mended. */
export function tellSourcesInStacks(folder: string, root: string): void {
  const place = new RegExp(`${RegExp.escape(`${pathToFileURL(folder).href}/`)}([^:]+):(\\d+):\\d+`, 'g');
  const read = new Map<string, WrittenLines | undefined>();
  Error.prepareStackTrace = (error, frames) =>
    [String(error), ...frames.map((frame) => `    at ${frame}`)]
      .join('\n')
      .replace(
        place,
        (bundled: string, chunk: string, line: string) => written(chunk, Number(line)) ?? bundled,
      );

  function written(chunk: string, line: number): string | undefined {
    if (!read.has(chunk)) read.set(chunk, readLines(join(folder, chunk + writtenLinesSuffix)));
    const { sources, lines } = read.get(chunk) ?? { sources: [], lines: [] };
    const source = sources[lines[2 * (line - 1)] ?? -1];
    return source && `${pathToFileURL(join(root, source)).href}:${lines[2 * line - 1]}`;
  }
}

/** Who asks for a stack is in trouble already: that the lines cannot be read is no reason for more. */
function readLines(path: string): WrittenLines | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as WrittenLines;
  } catch {
    return undefined;
  }
}
