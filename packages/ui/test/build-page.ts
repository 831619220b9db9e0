import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '..');
const sources = ['{src,public}/**/*', 'index.html', 'vite.config.ts', '../{contracts,sdk}/src/**/*.ts'];

/**
 * Builds the page where one of its sources is newer than what was built. It is built aside and put in place whole: tests in
 * other processes may be looking at the same page.
 */
export async function buildPage(): Promise<void> {
  if (isFresh()) return;
  const aside = join(root, '.cache');
  mkdirSync(aside, { recursive: true });
  const made = mkdtempSync(join(aside, 'page-'));
  try {
    const outDir = join(made, 'new');
    await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
    const dist = join(root, 'dist');
    if (timeOf(dist) > 0) renameSync(dist, join(made, 'old'));
    renameSync(outDir, dist);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function isFresh(): boolean {
  const built = timeOf(join(root, 'dist/index.html'));
  return globSync(sources, { cwd: root }).every((path) => timeOf(join(root, path)) < built);
}

/** In ms; 0 for what is not there. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
