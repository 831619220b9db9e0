import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findCycles } from './find-cycles.ts';
import { readSources, type Source } from './read-sources.ts';

/** Checks package borders, room order, doors, import cycles, file length and names. Prints every breach; exit 1 on any. */

interface Layers {
  readonly packages: Readonly<Record<string, readonly string[]>>;
  readonly rooms: readonly string[];
  readonly roomsWithoutDoor: readonly string[];
  readonly migrationsMayImport: readonly string[];
  readonly forbiddenNames: readonly string[];
  readonly maximumLines: number;
}

const root = resolve(import.meta.dirname, '..');
const layers = JSON.parse(readFileSync(join(root, 'architecture/layers.json'), 'utf8')) as Layers;
const sources = readSources(root);
const breaches = [
  ...sources.flatMap(checkLength),
  ...sources.flatMap(checkName),
  ...sources.flatMap(checkPackageImports),
  ...sources.flatMap(checkRoomImports),
  ...findCycles(sources).map((cycle) => `import cycle: ${cycle.join(' -> ')}`),
];

for (const breach of breaches) console.error(breach);
console.log(`architecture: ${sources.length} files, ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;

function checkLength(source: Source): string[] {
  if (source.lines <= layers.maximumLines) return [];
  return [`${source.path}: ${source.lines} lines, at most ${layers.maximumLines}; split it by idea`];
}

function checkName(source: Source): string[] {
  const parts = source.path.replace(/\.tsx?$/, '').split('/');
  const drawer = parts.find((part) => layers.forbiddenNames.includes(part));
  return drawer ? [`${source.path}: "${drawer}" says nothing; name it after what it holds`] : [];
}

function checkPackageImports(source: Source): string[] {
  const own = packageOf(source.path);
  if (own === undefined) return [];
  const allowed = layers.packages[own];
  if (!allowed) return [`${source.path}: package ${own} is not in architecture/layers.json`];
  const found: string[] = [];
  for (const specifier of source.imports) {
    const target = /^@esteira\/([a-z-]+)/.exec(specifier)?.[1];
    if (target && target !== own && !allowed.includes(target)) {
      found.push(`${source.path}: package ${own} may not import ${target}`);
    }
    if (specifier.startsWith('.')) {
      const path = join(dirname(source.path), specifier);
      if (packageOf(path) !== own)
        found.push(`${source.path}: reaches into another package by path: ${specifier}`);
    }
  }
  return found;
}

function checkRoomImports(source: Source): string[] {
  const own = roomOf(source.path);
  if (own === undefined) return [];
  const position = layers.rooms.indexOf(own);
  if (position < 0) return [`${source.path}: room ${own} is not in architecture/layers.json`];
  const found: string[] = [];
  for (const specifier of source.imports) {
    if (!specifier.startsWith('.')) continue;
    const path = join(dirname(source.path), specifier);
    const target = roomOf(path);
    if (target === undefined || target === own || isTestSupport(source.path, target, path)) continue;
    if (own === 'migrations') {
      if (!layers.migrationsMayImport.includes(target))
        found.push(`${source.path}: a migration may not import ${target}`);
      continue;
    }
    if (layers.rooms.indexOf(target) > position)
      found.push(`${source.path}: room ${own} may not know ${target}, which stands to its right`);
    if (!layers.roomsWithoutDoor.includes(target) && !path.endsWith(`${target}/index.ts`)) {
      found.push(`${source.path}: enter room ${target} by its index.ts, not ${specifier}`);
    }
  }
  return found;
}

/**
 * Tests may apply the migrations, which otherwise only the composition root knows, and share the fixtures of other rooms,
 * which are no part of a door.
 */
function isTestSupport(path: string, target: string, imported: string): boolean {
  const isTest = /\.(test|contract|fixture|child)\.ts$/.test(path);
  if (target === 'migrations') return isTest || path.endsWith('open-memory-database.ts');
  return isTest && imported.endsWith('.fixture.ts');
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** The room of a file of the control plane; undefined for the few files at its root (compose, config, main). */
function roomOf(path: string): string | undefined {
  return /^packages\/server\/src\/([^/]+)\//.exec(path)?.[1];
}
