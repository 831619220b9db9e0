import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';
import { groupTestFiles } from './group-test-files.ts';
import { createImportReader, reachedFrom } from './imported-files.ts';
import { storeFixture } from './sort-test-files.ts';

/** Beyond so many the code is at fault, not the company it was tested in. */
const mostAgain = 8;

interface TestFilesRun {
  /** What failed, and where it was run again failed again. */
  readonly failed: readonly string[];
  /** What failed beside others and passed alone: a test that depends on how busy the machine is, to be mended. */
  readonly unsteady: readonly string[];
}

/**
 * Runs test files in processes with that environment, `atOnce` of them at a time, files that may share a process together,
 * and prints what they say. A few that fail are run once more, one after the other, each as a process.
 */
export async function runTestFiles(options: {
  readonly files: readonly string[];
  readonly atOnce: number;
  readonly env: NodeJS.ProcessEnv;
}): Promise<TestFilesRun> {
  const failed = await failedOf(groupTestFiles(options.files), options);
  if (failed.length === 0 || failed.length > mostAgain) return { failed: failed.flat(), unsteady: [] };
  const again = failed.flat();
  console.log(`\n── ${again.length} test files failed; once more, each alone: ${again.join(' ')}`);
  const alone = again.map((file) => [file]);
  const failedAgain = (await failedOf(alone, { ...options, atOnce: 1 })).flat();
  return { failed: failedAgain, unsteady: again.filter((file) => !failedAgain.includes(file)) };
}

/** Of each group what failed: the files in which a test did, or all of them when the process failed and no test did. */
async function failedOf(
  groups: readonly (readonly string[])[],
  options: { readonly atOnce: number; readonly env: NodeJS.ProcessEnv },
): Promise<readonly (readonly string[])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'esteira-tests-'));
  const importsOf = createImportReader();
  const programs = new Map(
    groups.map((group, at) => [
      programOf(group, importsOf, join(folder, `together-${at + 1}.test.ts`)),
      group,
    ]),
  );
  const passed = new Set<string>();
  const notPassed = new Set<string>();
  const events = run({ files: [...programs.keys()], concurrency: options.atOnce, env: options.env });
  // Files are told of by their names, whatever is said of the tests in them; of a hook that failed at the end only so.
  events.on('test:complete', ({ nesting, name, details }) => {
    if (nesting === 0 && details.passed) passed.add(resolve(name));
  });
  events.on('test:fail', ({ nesting, name }) => void (nesting === 0 && notPassed.add(resolve(name))));
  for await (const text of events.compose(new spec())) process.stdout.write(text as string);
  rmSync(folder, { recursive: true, force: true });
  const isGood = (file: string): boolean => passed.has(resolve(file)) && !notPassed.has(resolve(file));
  return [...programs]
    .filter(([program, group]) => !(isGood(program) && group.every(isGood)))
    .map(([, group]) => (group.every(isGood) ? group : group.filter((file) => !isGood(file))));
}

/** The file itself, or one that makes a suite of each file of the group: what hooks of a file reach are its own tests. */
function programOf(
  group: readonly string[],
  importsOf: (file: string) => readonly string[],
  path: string,
): string {
  const [first = '', second] = group;
  if (second === undefined) return resolve(first);
  // What many files load has hooks of its own, which hold for the whole process, not for the file that loads it first.
  const lines = ["import { describe } from 'node:test';"];
  if (group.some((file) => reachedFrom(file, importsOf).has(storeFixture)))
    lines.push(`import ${addressOf(storeFixture)};`);
  for (const file of group)
    lines.push(`describe(${JSON.stringify(file)}, async () => void (await import(${addressOf(file)})));`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function addressOf(file: string): string {
  return JSON.stringify(pathToFileURL(resolve(file)).href);
}
