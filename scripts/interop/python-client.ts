import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const environments = resolve(import.meta.dirname, '../../node_modules/.cache/python');

/**
 * The interpreter of an environment that has what a suite's requirements.txt asks for; made when it is not there. Ends this
 * process with code 2 where that cannot be.
 */
export function installPythonClient(name: string, suite: string): string {
  const own = join(environments, name, 'bin/python');
  const run = (command: string, words: readonly string[]): void => {
    const { status, error } = spawnSync(command, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status === 0) return;
    console.error(`NOT RUN: ${command} ${words.join(' ')} failed ${error?.message ?? `with ${status}`}`);
    process.exit(2);
  };
  if (!existsSync(own)) run('python3', ['-m', 'venv', join(environments, name)]);
  run(own, ['-m', 'pip', 'install', '--quiet', '--requirement', join(suite, 'requirements.txt')]);
  return own;
}

/** Runs a folder of tests and says whether all passed; `scratch` is where they may write. */
export function runPytest(
  python: string,
  options: {
    readonly suite: string;
    readonly scratch: string;
    readonly words?: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  },
): boolean {
  const { suite, scratch, words = [], environment } = options;
  const { status } = spawnSync(python, ['-m', 'pytest', '-q', '--rootdir', suite, ...words, suite], {
    cwd: scratch,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH: process.env.PATH, HOME: scratch, PYTHONDONTWRITEBYTECODE: '1', ...environment },
  });
  return status === 0;
}
