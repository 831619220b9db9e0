import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import type { CommandContext } from './command-context.ts';
import { fileNameOf, openBytes, readDocument, readText, saveBytes } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-files-'));
after(() => rmSync(folder, { recursive: true }));

test('a broken download leaves nothing behind that looks like a file', async () => {
  const path = join(folder, 'download.parquet');
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('the connection broke');
  }
  await assert.rejects(saveBytes(broken(), path), /broke/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a whole download is renamed into place and counted', async () => {
  const path = join(folder, 'whole');
  assert.equal(await saveBytes(Readable.from([Buffer.from('abc'), Buffer.from('de')]), path), 5);
  assert.equal(readFileSync(path, 'utf8'), 'abcde');
  assert.ok(!existsSync(`${path}.partial`));
});

test('a dash is standard input', async () => {
  const context = {
    input: Readable.from([Buffer.from('name: '), Buffer.from('small')]),
  } as unknown as CommandContext;
  assert.equal(await readText(context, '-'), 'name: small');
  assert.equal(fileNameOf('-'), 'upload');
  assert.equal(fileNameOf('/data/flights.csv'), 'flights.csv');
});

test('files that are missing or hold something else are named', async () => {
  const context = {} as CommandContext;
  await assert.rejects(readText(context, join(folder, 'none')), /does not exist/);
  await assert.rejects(openBytes(context, join(folder, 'none')), /does not exist/);
  const list = join(folder, 'list.yaml');
  writeFileSync(list, '- a\n- b\n');
  await assert.rejects(readDocument(context, list), /does not hold a map/);
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'a: [1');
  await assert.rejects(readDocument(context, broken), /not valid YAML/);
});
