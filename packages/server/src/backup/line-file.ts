import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import { storageError } from '../storage/blobs/storage-error.ts';

/** What a file of lines holds, and the file itself as it lies on disk. */
export interface LineFile {
  readonly rows: number;
  /** Bytes of the lines, each with its line end. */
  readonly bytes: number;
  /** SHA-256 over those bytes: `sha256:<64 hex>`. */
  readonly digest: string;
  /** The compressed file: where it lies in the archive, its bytes, their digest. */
  readonly file: { readonly path: string; readonly size: number; readonly digest: string };
}

// 1 is the fastest level that is not a special one: rows of a table shrink to a third at more than 100 MB/s.
const compression = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Writes batches of lines as one new file, Zstandard (RFC 8878), on disk when the promise resolves. Throws STORAGE_FULL. */
export async function writeLineFile(
  target: { readonly path: string; readonly name: string },
  batches: AsyncIterable<readonly string[]>,
): Promise<LineFile> {
  const content = createHash('sha256');
  const compressed = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  let size = 0;

  async function* text(): AsyncIterable<Buffer> {
    for await (const batch of batches) {
      if (batch.length === 0) continue;
      const chunk = Buffer.from(`${batch.join('\n')}\n`);
      content.update(chunk);
      rows += batch.length;
      bytes += chunk.length;
      yield chunk;
    }
  }

  try {
    await pipeline(
      Readable.from(text()),
      createZstdCompress(compression),
      async function* measured(parts: AsyncIterable<Buffer>) {
        for await (const part of parts) {
          compressed.update(part);
          size += part.length;
          yield part;
        }
      },
      createWriteStream(target.path, { flags: 'wx', mode: 0o600, flush: true }),
    );
  } catch (error) {
    throw storageError(error);
  }
  const digest = `sha256:${content.digest('hex')}`;
  const fileDigest = `sha256:${compressed.digest('hex')}`;
  return { rows, bytes, digest, file: { path: target.name, size, digest: fileDigest } };
}

const batchLines = 1000;

/**
 * The lines of a file in batches; `open` gives its bytes, undefined when it is not there. Ends only when rows, content and
 * file are what they should be; throws ARCHIVE_DAMAGED, which names the file, at the latest after the last batch.
 */
export async function* readLineFile(
  open: () => Promise<AsyncIterable<Uint8Array> | undefined>,
  expected: LineFile,
): AsyncIterable<readonly string[]> {
  const { file } = expected;
  const content = createHash('sha256');
  const compressed = createHash('sha256');
  const bytes = await open();
  if (bytes === undefined)
    throw esteiraError('ARCHIVE_DAMAGED', { file: file.path, problem: 'it is missing' });
  const stream = Readable.from(bytes, { objectMode: false });
  const lines = stream.on('data', (part) => compressed.update(part)).pipe(createZstdDecompress());
  stream.on('error', (error) => lines.destroy(error));
  let rest = '';
  let rows = 0;
  let batch: string[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const part of lines as AsyncIterable<Buffer>) {
      content.update(part);
      const parts = (rest + decoder.decode(part, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        batch.push(line);
        rows++;
        if (batch.length < batchLines) continue;
        yield batch;
        batch = [];
      }
    }
  } catch (error) {
    if (error instanceof EsteiraError) throw error;
    throw esteiraError('ARCHIVE_DAMAGED', { file: file.path, problem: problemOf(error) }, error);
  } finally {
    stream.destroy();
    lines.destroy();
  }
  const problem = whatDiffers(expected, {
    rest,
    rows,
    digest: `sha256:${content.digest('hex')}`,
    fileDigest: `sha256:${compressed.digest('hex')}`,
  });
  if (problem !== undefined) throw esteiraError('ARCHIVE_DAMAGED', { file: file.path, problem });
  if (batch.length > 0) yield batch;
}

function whatDiffers(
  expected: LineFile,
  found: { rest: string; rows: number; digest: string; fileDigest: string },
): string | undefined {
  if (found.rest !== '') return 'its last line is cut';
  if (found.rows !== expected.rows) return `it holds ${found.rows} rows instead of ${expected.rows}`;
  if (found.digest !== expected.digest) return 'its rows have another SHA-256 than the manifest says';
  if (found.fileDigest !== expected.file.digest) return 'the file has another SHA-256 than the manifest says';
  return undefined;
}

function problemOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ZSTD') || code.startsWith('Z_') || code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return 'it cannot be decompressed';
  return 'it cannot be read';
}
