import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const environments = resolve(import.meta.dirname, '../../node_modules/.cache/python');

/**
 * The interpreter of an environment that has what these files of requirements ask for; made when it is not there. The suites
 * share one, as they ask for the same versions of the same packages. Code is compiled when it is first used: most of what is
 * installed never is. Ends this process with code 2 where that cannot be.
 */
export function installPythonClient(requirements: readonly string[], environment = 'suites'): string {
  const own = join(environments, environment, 'bin/python');
  const run = (command: string, words: readonly string[]): void => {
    const { status, error } = spawnSync(command, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status === 0) return;
    console.error(`NOT RUN: ${command} ${words.join(' ')} failed ${error?.message ?? `with ${status}`}`);
    process.exit(2);
  };
  const lists = requirements.flatMap((list) => ['--requirement', list]);
  if (!existsSync(own)) run('python3', ['-m', 'venv', join(environments, environment)]);
  run(own, ['-m', 'pip', 'install', '--quiet', '--no-compile', ...lists]);
  return own;
}

export interface PythonRun {
  readonly passed: boolean;
  /** What it printed, on both channels. */
  readonly output: string;
}

/** Runs Python with this environment alone; `scratch` is where it may write. */
export async function runPython(
  python: string,
  words: readonly string[],
  options: { readonly scratch: string; readonly environment: Readonly<Record<string, string>> },
): Promise<PythonRun> {
  const { scratch, environment } = options;
  const child = spawn(python, words, {
    cwd: scratch,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: scratch,
      PYTHONPYCACHEPREFIX: join(environments, 'compiled'),
      ...environment,
    },
  });
  let output = '';
  for (const channel of [child.stdout, child.stderr]) channel.on('data', (part) => (output += String(part)));
  const code = await new Promise((done) => child.once('close', done));
  return { passed: code === 0, output };
}

/** Runs a folder of tests. */
export function runPytest(
  python: string,
  options: {
    readonly suite: string;
    readonly scratch: string;
    readonly words?: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  },
): Promise<PythonRun> {
  const { suite, words = [] } = options;
  return runPython(python, ['-m', 'pytest', '-q', '--rootdir', suite, ...words, suite], options);
}
