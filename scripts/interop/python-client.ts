import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const environments = resolve(import.meta.dirname, '../../node_modules/.cache/python');

/**
 * The interpreter of an environment that has what a file of requirements in a suite's folder asks for; made when it is not
 * there. Ends this process with code 2 where that cannot be.
 */
export function installPythonClient(name: string, suite: string, requirements = 'requirements.txt'): string {
  const own = join(environments, name, 'bin/python');
  const run = (command: string, words: readonly string[]): void => {
    const { status, error } = spawnSync(command, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status === 0) return;
    console.error(`NOT RUN: ${command} ${words.join(' ')} failed ${error?.message ?? `with ${status}`}`);
    process.exit(2);
  };
  if (!existsSync(own)) run('python3', ['-m', 'venv', join(environments, name)]);
  run(own, ['-m', 'pip', 'install', '--quiet', '--requirement', join(suite, requirements)]);
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
    env: { PATH: process.env.PATH, HOME: scratch, PYTHONDONTWRITEBYTECODE: '1', ...environment },
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
