import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { findBundle } from '../../packages/model-server/src/bundle/bundle.ts';
import { makeBundle } from './make-bundle.ts';

let root: string;
let place: string;

const taker = new URL('../../packages/model-server/src/bundle/take-from-bundle.ts', import.meta.url).href;
const program = {
  'package.json': '{ "type": "module" }',
  'node_modules/apart/package.json':
    '{ "name": "apart", "main": "index.js", "dependencies": { "needed": "1" } }',
  'node_modules/apart/index.js': `module.exports = { needed: require('needed'), at: __dirname };`,
  'node_modules/needed/package.json': '{ "name": "needed", "main": "index.js" }',
  'node_modules/needed/index.js': 'module.exports = { there: 1 };',
  'src/start.ts': `import { takeFromBundle } from '${taker}';
    takeFromBundle(process.argv[2] as string, new URL('../', import.meta.url));
    await import('./program.ts');`,
  'src/program.ts': `import { createRequire } from 'node:module';
    import { readFileSync } from 'node:fs';
    import apart from 'apart';
    import needed from 'needed';
    import { Refusal } from './refusal.ts';

    const { word } = await import('./part.ts');
    const { refuse } = createRequire(import.meta.url)('./required.ts');
    let refused: unknown;
    try { refuse(); } catch (error) { refused = error; }
    console.log(JSON.stringify({
      beside: readFileSync(new URL('./note.txt', import.meta.url), 'utf8'),
      addresses: [import.meta.url, import.meta.dirname, import.meta.filename],
      apart: apart.at,
      once: [apart.needed === needed, refused instanceof Refusal],
      word,
      name: Refusal.name,
      stack: refused instanceof Error && refused.stack?.split('\\n')[1]?.trim(),
    }));`,
  'src/part.ts': `import { Refusal } from './refusal.ts';
    export const word: string = new Refusal('a word').message;`,
  'src/required.ts': `import { Refusal } from './refusal.ts';
    export function refuse(): never { throw new Refusal('no'); }`,
  'src/refusal.ts': 'export class Refusal extends Error {}',
  'src/note.txt': 'beside',
};

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'esteira bundle-')));
  place = join(root, 'node_modules/.cache/program');
  for (const [path, content] of Object.entries(program)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a program says the same from its bundle as from its sources', async () => {
  const sources = await run();
  assert.match(sources.from, /from its sources: there is no bundle/);
  assert.deepEqual(JSON.parse(sources.said).once, [true, true]);
  await bundle();
  const bundled = await run();
  assert.match(bundled.from, /from its bundle/);
  // Where the stack stands is told by line alone.
  assert.deepEqual(
    JSON.parse(bundled.said),
    JSON.parse(sources.said.replace(/(required\.ts:\d+):\d+/, '$1')),
  );
});

test('a bundle may lie elsewhere', async () => {
  place = mkdtempSync(join(tmpdir(), 'esteira-bundle-place-'));
  try {
    await bundle();
    const { from, said } = await run();
    assert.match(from, /from its bundle/);
    assert.deepEqual(JSON.parse(said).once, [true, true]);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('a source that has changed is taken up at once, and so is another set of packages', async () => {
  await bundle();
  const part = join(root, 'src/part.ts');
  writeFileSync(part, readFileSync(part, 'utf8').replace('a word', 'A word'));
  const changed = await run();
  assert.match(changed.from, /from its sources: src\/part\.ts has changed/);
  assert.equal(JSON.parse(changed.said).word, 'A word');
  await bundle();
  assert.match((await run()).from, /from its bundle/);
  appendFileSync(join(root, 'package.json'), '\n');
  assert.match((await run()).from, /from its sources: package\.json has changed/);
});

test('sources that were copied are the same sources', async () => {
  await bundle();
  utimesSync(join(root, 'src/part.ts'), 1, 1);
  assert.match((await run()).from, /from its bundle/);
});

test('a bundle that is broken, half gone or not a bundle is left alone', async () => {
  await bundle();
  const record = join(place, 'bundle.json');
  const whole = readFileSync(record, 'utf8');
  const { chunks, folder } = JSON.parse(whole) as { chunks: [string][]; folder: string };
  for (const [chunk] of chunks) {
    const path = join(place, folder, chunk);
    const before = readFileSync(path);
    writeFileSync(path, before.toString().replace(/[a-z]/, '('));
    assert.match((await run()).from, /from its sources: .* has changed/);
    rmSync(path);
    assert.match((await run()).from, /from its sources: .* has changed/);
    writeFileSync(path, before);
  }
  for (const broken of [whole.slice(0, 100), '{}', 'null', whole.replace(/"node":"v\d+/, '"node":"v1')]) {
    writeFileSync(record, broken);
    const { from, said } = await run();
    assert.match(from, /from its sources/);
    assert.equal(JSON.parse(said).word, 'a word');
  }
  rmSync(place, { recursive: true });
  assert.match((await run()).from, /from its sources: there is no bundle/);
});

test('two that bundle at once leave one whole bundle', async () => {
  await Promise.all([bundle(), bundle(), bundle()]);
  assert.ok('entries' in findBundle(place, root));
  assert.match((await run()).from, /from its bundle/);
});

test('a module that cannot be bundled is told, and no bundle is left', async () => {
  writeFileSync(join(root, 'src/part.ts'), 'export const word = import.meta.resolve("apart");');
  await assert.rejects(bundle(), /part\.ts uses import\.meta\.resolve/);
  writeFileSync(join(root, 'src/part.ts'), 'export const word = typeof __dirname;');
  await assert.rejects(bundle(), /part\.ts asks where it lies/);
  assert.match((await run()).from, /there is no bundle/);
});

function bundle(): Promise<void> {
  return makeBundle({
    root,
    place,
    entries: { program: 'src/program.ts', required: 'src/required.ts' },
    apart: ['apart'],
    manifests: ['package.json'],
  });
}

async function run(): Promise<{ readonly from: string; readonly said: string }> {
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env;
  const child = spawn(process.execPath, [join(root, 'src/start.ts'), place], {
    env: { ...environment, NODE_DEBUG: 'esteira' },
  });
  let from = '';
  let said = '';
  child.stderr.on('data', (part) => (from += part));
  child.stdout.on('data', (part) => (said += part));
  await new Promise((ended) => child.once('close', ended));
  return { from, said };
}
