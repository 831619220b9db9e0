import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Source {
  /** Relative to the repository. */
  readonly path: string;
  readonly lines: number;
  /** Module specifiers as written, type-only imports included. */
  readonly imports: readonly string[];
}

/** Reads every TypeScript file that git tracks or would track. */
export function readSources(root: string): readonly Source[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.ts', '*.tsx'], {
    cwd: root,
    encoding: 'utf8',
  });
  const sources: Source[] = [];
  for (const path of listed.split('\n')) {
    if (path === '' || path.includes('/generated/') || !existsSync(join(root, path))) continue;
    const text = readFileSync(join(root, path), 'utf8');
    sources.push({ path, lines: text.split('\n').length - 1, imports: findImports(text) });
  }
  return sources;
}

function findImports(text: string): string[] {
  const found: string[] = [];
  const pattern =
    /^\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  for (const match of text.matchAll(pattern)) found.push(match[1] ?? match[2] ?? match[3] ?? '');
  return found;
}
