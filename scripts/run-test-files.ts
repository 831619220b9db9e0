import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Beyond so many the code is at fault, not the company it was tested in. */
const mostAgain = 8;

interface TestFilesRun {
  /** What failed, and where it was run again failed again. */
  readonly failed: readonly string[];
  /** What failed beside others and passed alone: a test that depends on how busy the machine is, to be mended. */
  readonly unsteady: readonly string[];
}

/**
 * Runs test files, `atOnce` of them at a time, each as a process with that environment, and prints what they say. A few that
 * fail are run once more, one after the other.
 */
export async function runTestFiles(options: {
  readonly files: readonly string[];
  readonly atOnce: number;
  readonly env: NodeJS.ProcessEnv;
}): Promise<TestFilesRun> {
  const failed = await failedOf(options);
  if (failed.length === 0 || failed.length > mostAgain) return { failed, unsteady: [] };
  console.log(`\n── ${failed.length} test files failed; once more, each alone: ${failed.join(' ')}`);
  const failedAgain = await failedOf({ ...options, files: failed, atOnce: 1 });
  return { failed: failedAgain, unsteady: failed.filter((file) => !failedAgain.includes(file)) };
}

async function failedOf(options: {
  readonly files: readonly string[];
  readonly atOnce: number;
  readonly env: NodeJS.ProcessEnv;
}): Promise<readonly string[]> {
  const passed = new Set<string>();
  const events = run({
    files: options.files.map((file) => resolve(file)),
    concurrency: options.atOnce,
    env: options.env,
  });
  // The last word about a file is one about the file itself, whatever was said of the tests in it.
  events.on('test:complete', ({ nesting, name, file = '', details }) => {
    if (nesting === 0 && resolve(name) === file && details.passed) passed.add(file);
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text as string);
  return options.files.filter((file) => !passed.has(resolve(file)));
}
