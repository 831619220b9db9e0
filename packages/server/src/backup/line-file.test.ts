import assert from 'node:assert/strict';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type LineFile, readLineFile, writeLineFile } from './line-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-lines-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

async function write(batches: readonly (readonly string[])[]): Promise<{ path: string; file: LineFile }> {
  made++;
  const path = join(folder, `${made}.ndjson.zst`);
  const lines = (async function* () {
    yield* batches;
  })();
  return { path, file: await writeLineFile({ path, name: `${made}.ndjson.zst` }, lines) };
}

async function read(path: string, file: LineFile): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of readLineFile(
    async () => (existsSync(path) ? createReadStream(path) : undefined),
    file,
  ))
    lines.push(...batch);
  return lines;
}

test('lines come back in their order, whatever the sizes of the batches', async () => {
  const lines = Array.from({ length: 12_345 }, (_, index) => `${index} ünïcödé 😀 ${'x'.repeat(index % 97)}`);
  const { path, file } = await write([lines.slice(0, 1), [], lines.slice(1, 9_000), lines.slice(9_000)]);
  assert.equal(file.rows, lines.length);
  assert.equal(file.file.size, statSync(path).size);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await read(path, file), lines);
});

test('a file without lines is a file', async () => {
  const { path, file } = await write([]);
  assert.deepEqual([file.rows, await read(path, file)], [0, []]);
});

test('a flipped bit anywhere is found, and the file is named', async () => {
  const lines = Array.from({ length: 300 }, (_, index) => `["row",${index}]`);
  const { path, file } = await write([lines]);
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at++) {
    const broken = Buffer.from(whole);
    broken.writeUInt8(whole.readUInt8(at) ^ (1 << (at % 8)), at);
    writeFileSync(path, broken);
    await assert.rejects(read(path, file), (error: { code: string; details: { file: string } }) => {
      assert.deepEqual([error.code, error.details.file], ['ARCHIVE_DAMAGED', file.file.path], `byte ${at}`);
      return true;
    });
  }
});

test('a file that is cut, longer, another one, or missing is found', async () => {
  const { path, file } = await write([['a', 'b', 'c']]);
  const other = await write([['a', 'b', 'd']]);
  const whole = readFileSync(path);
  for (const bytes of [
    whole.subarray(0, whole.length - 1),
    whole.subarray(0, 0),
    Buffer.concat([whole, whole]),
    readFileSync(other.path),
  ]) {
    writeFileSync(path, bytes);
    await assert.rejects(read(path, file), { code: 'ARCHIVE_DAMAGED' });
  }
  rmSync(path);
  await assert.rejects(read(path, file), { code: 'ARCHIVE_DAMAGED', message: /it is missing/ });
});
