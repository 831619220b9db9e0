import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin, SourceMap } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import {
  type Bundle,
  bundleRecordName,
  nodeOfBundle,
  readRecord,
  recordFile,
} from '../../packages/model-server/src/bundle/bundle.ts';
import {
  type WrittenLines,
  writtenLinesSuffix,
} from '../../packages/model-server/src/bundle/bundled-stack.ts';
import { createPackagesApart } from './packages-apart.ts';

export interface BundlePlan {
  /** Where the sources lie. */
  readonly root: string;
  /** Where the bundle and its record go. */
  readonly place: string;
  /** Sources from the root, by the name their bundled file gets: what is loaded by its name while the program runs. */
  readonly entries: Readonly<Record<string, string>>;
  /** Packages that are loaded from where they are installed, with all that they need: native ones, and what few starts use. */
  readonly apart: readonly string[];
  /** Files from the root that say which packages there are: with another one the bundle is void. */
  readonly manifests: readonly string[];
}

/**
 * Bundles a program, with a file for each part that is loaded by `import()`, and then puts the record in place: whoever starts
 * meanwhile finds the bundle before or this one, never half of one. Each module keeps the address of its source. The bundle
 * before stays for programs that run from it; the one before that goes. Throws when a module cannot be bundled.
 */
export async function makeBundle(plan: BundlePlan): Promise<void> {
  const { root, place } = plan;
  const before = readRecord(place);
  const { chunks, sources } = await bundle(plan);
  const folder = join(place, `bundle-${randomUUID()}`);
  mkdirSync(folder, { recursive: true });
  writeChunks(folder, root, chunks);
  const record: Bundle = {
    node: nodeOfBundle,
    root: relative(place, root),
    folder: basename(folder),
    ...(before ? { before: before.folder } : {}),
    entries: entriesOf(root, chunks),
    sources: [...new Set([...plan.manifests, ...sources])].sort().map((path) => recordFile(root, path)),
    chunks: chunks.map((chunk) => recordFile(folder, chunk.fileName)),
  };
  const aside = join(folder, bundleRecordName);
  writeFileSync(aside, JSON.stringify(record));
  renameSync(aside, join(place, bundleRecordName));
  if (before?.before) rmSync(join(place, basename(before.before)), { recursive: true, force: true });
}

async function bundle(
  plan: BundlePlan,
): Promise<{ chunks: readonly OutputChunk[]; sources: readonly string[] }> {
  const { root, place } = plan;
  const isApart = createPackagesApart(root, plan.apart);
  const building = await rolldown({
    input: Object.fromEntries(
      Object.entries(plan.entries).map(([name, source]) => [name, join(root, source)]),
    ),
    platform: 'node',
    external: (id, importer) => isBuiltin(id) || isApart(id, importer),
    plugins: [keepAddresses(root, relative(join(place, 'bundle'), root))],
    logLevel: 'silent',
  });
  const { output } = await building.generate({
    dir: join(place, 'bundle'),
    format: 'esm',
    sourcemap: true,
    keepNames: true,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await building.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  const modules = chunks.flatMap((chunk) => chunk.moduleIds).filter((id) => !id.startsWith('\0'));
  return { chunks, sources: modules.map((id) => relative(root, id)) };
}

/** A module finds the files beside it, and names its place, as if it ran from its source. */
function keepAddresses(root: string, toRoot: string): Plugin {
  const url = (path: string): string =>
    `new URL(${JSON.stringify(`${toRoot}/${encodeURI(path)}`)}, import.meta.url)`;
  const path = (of: string): string => `process.getBuiltinModule('node:url').fileURLToPath(${url(of)})`;
  return {
    name: 'keep-addresses',
    transform(code, id) {
      // What the bundler adds loads packages: they lie with the sources.
      if (id.startsWith('\0'))
        return { code: code.replaceAll('import.meta.url', `${url('package.json')}.href`), map: null };
      if (/\b__(dirname|filename)\b/.test(code))
        throw new Error(`${id} asks where it lies, as CommonJS does.`);
      if (!code.includes('import.meta.')) return null;
      const source = relative(root, id);
      return {
        code: code.replaceAll(/\bimport\.meta\.(\w+)/g, (_, name: string) => {
          if (name === 'url') return `${url(source)}.href`;
          if (name === 'filename') return path(source);
          if (name === 'dirname') return path(dirname(source));
          throw new Error(
            `${id} uses import.meta.${name}, which a bundle cannot answer as its source would.`,
          );
        }),
        map: null,
      };
    },
  };
}

function writeChunks(folder: string, root: string, chunks: readonly OutputChunk[]): void {
  for (const { fileName, code, map } of chunks) {
    writeFileSync(join(folder, fileName), code);
    if (map === null) continue;
    const written = writtenLines(code, new SourceMap({ ...map, file: fileName, sourceRoot: '' }), (source) =>
      relative(root, join(folder, source)),
    );
    writeFileSync(join(folder, fileName + writtenLinesSuffix), JSON.stringify(written));
  }
}

function writtenLines(code: string, map: SourceMap, fromRoot: (source: string) => string): WrittenLines {
  const sources: string[] = [];
  const numbers = new Map<string, number>();
  const lines: number[] = [];
  for (const [at, line] of code.split('\n').entries()) {
    const entry = map.findEntry(at, line.search(/\S|$/));
    if (!('originalSource' in entry) || entry.originalSource === undefined) {
      lines.push(-1, -1);
      continue;
    }
    const number = numbers.get(entry.originalSource) ?? sources.push(fromRoot(entry.originalSource)) - 1;
    numbers.set(entry.originalSource, number);
    lines.push(number, entry.originalLine + 1);
  }
  return { sources, lines };
}

function entriesOf(root: string, chunks: readonly OutputChunk[]): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const { isEntry, facadeModuleId, fileName } of chunks)
    if (isEntry && facadeModuleId !== null) entries[relative(root, facadeModuleId)] = fileName;
  return entries;
}
