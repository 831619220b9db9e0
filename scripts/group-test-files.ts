import { readFileSync } from 'node:fs';
import { createImportReader, reachedFrom } from './imported-files.ts';

/** More would save little, for the first has loaded most of the code; and what is lost when a process dies stays small. */
const mostTogether = 10;

/** Whole servers and what they start: their traces, signals and children are those of a process. */
const wholeServer = 'packages/server/src/start-server.ts';

/** In a test or in what is there for tests: what one file would leave to the next, or see of the one before. */
const ownProcess =
  /node:(child_process|worker_threads)|process\.(chdir|emit|exit|exitCode|kill|memoryUsage)\b|process\.env\.\w+ = |delete process\.env/;

/**
 * Puts the test files together that may share a process, neighbours first, for most of a small file's time is loading the code
 * that its neighbours load too. A file that starts programs, changes what belongs to the process, or runs a whole server
 * stays alone. The order of the groups is that of their first files.
 */
export function groupTestFiles(files: readonly string[]): readonly (readonly string[])[] {
  const importsOf = createImportReader();
  const groups: string[][] = [];
  const latest = new Map<string, string[]>();
  for (const file of files) {
    const place = mayShare(reachedFrom(file, importsOf)) ? packageOf(file) : file;
    const group = latest.get(place);
    if (group !== undefined && group.length < mostTogether) group.push(file);
    else {
      const begun = [file];
      groups.push(begun);
      latest.set(place, begun);
    }
  }
  return groups;
}

function mayShare(reached: ReadonlySet<string>): boolean {
  if (reached.has(wholeServer)) return false;
  for (const file of reached)
    if (isForTests(file) && ownProcess.test(readFileSync(file, 'utf8'))) return false;
  return true;
}

function isForTests(file: string): boolean {
  return /\.(test|fixture|contract|child)\.ts$|\/test\//.test(file);
}

/** Two folders deep: `packages/server`. */
function packageOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}
