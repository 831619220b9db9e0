import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { inferenceError } from '../inference-error.ts';
import { createLineBuffer } from './line-buffer.ts';

/**
 * The prediction log before it is shipped: segments of JSON lines on the local disk, addressed by one byte offset that
 * only grows. What it promises:
 * - `append` resolves when the lines are in the page cache, so they survive the death of the process; one write serves all
 *   appends of one turn of the event loop, and one promise. The bytes are taken at once: whoever gave them may use their
 *   memory again.
 * - When the disk takes no more, appends are refused (PREDICTION_LOG_UNAVAILABLE) and nothing half-written stays.
 * - Nothing is deleted before it was acknowledged.
 */
export interface PredictionSpool {
  append(lines: Uint8Array): Promise<void>;
  /** Offset after the last line. */
  end(): number;
  acknowledged(): number;
  writable(): boolean;
  /** Milliseconds since everything was last acknowledged; 0 while it is. */
  behindMs(): number;
  /** Whole lines from an offset on, at most about `maximum` bytes; empty at the end. */
  read(offset: number, maximum: number): Buffer;
  /** All before the offset arrived: forgets it. Ignores an offset that was acknowledged already. */
  acknowledge(offset: number): void;
  /** Called after something was appended. */
  onAppend(listener: () => void): void;
  close(): void;
}

const lineEnd = 0x0a;
/** It is tried again four times a second. */
const retryAfterSeconds = 1;

/** Opens the spool in a directory; a line that was cut by the end of the process, and so never answered, is taken back. */
export function openPredictionSpool(options: {
  readonly directory: string;
  readonly segmentBytes?: number;
  readonly onProblem?: (error: unknown) => void;
}): PredictionSpool {
  const { directory } = options;
  const segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let acknowledged = readAcknowledged(directory);
  let starts = listSegments(directory);
  let start = starts.at(-1) ?? acknowledged;
  let file = openSync(segmentPath(directory, start), 'a+', 0o600);
  if (starts.length === 0) starts = [start];
  let end = start + takeBackTornLine(file);
  const pending = createLineBuffer();
  /** What is to be written at the end of this turn. */
  let turn: PromiseWithResolvers<void> | undefined;
  let broken = false;
  let behindSince = acknowledged < end ? performance.now() : undefined;
  let probe: NodeJS.Timeout | undefined;
  const listeners: (() => void)[] = [];
  forgetAcknowledged();

  function flush(): void {
    const written = turn;
    const lines = pending.written();
    turn = undefined;
    try {
      if (end - start >= segmentBytes) startSegment();
      writeWhole(lines);
    } catch (error) {
      takeBack();
      becomeBroken(error);
      written?.reject(inferenceError('PREDICTION_LOG_UNAVAILABLE', { retryAfterSeconds }, error));
      return;
    } finally {
      pending.clear();
    }
    end += lines.length;
    behindSince ??= performance.now();
    written?.resolve();
    for (const listener of listeners) listener();
  }

  function writeWhole(bytes: Buffer): void {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
  }

  function takeBack(): void {
    try {
      ftruncateSync(file, end - start);
    } catch (error) {
      options.onProblem?.(error);
    }
  }

  function startSegment(): void {
    const next = openSync(segmentPath(directory, end), 'a+', 0o600);
    closeSync(file);
    file = next;
    start = end;
    starts.push(start);
  }

  function becomeBroken(error: unknown): void {
    if (broken) return;
    broken = true;
    options.onProblem?.(error);
    probe = setInterval(tryAgain, 250);
    probe.unref();
  }

  /** Whether the disk takes bytes again is tried on a file of no meaning, never with a prediction. */
  function tryAgain(): void {
    const path = join(directory, 'probe');
    try {
      writeFileSync(path, Buffer.alloc(64 * 1024));
      broken = false;
      clearInterval(probe);
    } catch {
      broken = true;
    } finally {
      if (existsSync(path)) unlinkSync(path);
    }
  }

  function forgetAcknowledged(): void {
    while (starts.length > 1 && (starts[1] ?? 0) <= acknowledged) {
      const old = starts.shift();
      if (old !== undefined) unlinkSync(segmentPath(directory, old));
    }
  }

  return {
    append(lines) {
      if (broken) return Promise.reject(inferenceError('PREDICTION_LOG_UNAVAILABLE', { retryAfterSeconds }));
      if (turn === undefined) {
        turn = Promise.withResolvers();
        setImmediate(flush);
      }
      pending.bytes(lines, 0, lines.length);
      return turn.promise;
    },
    end: () => end,
    acknowledged: () => acknowledged,
    writable: () => !broken,
    behindMs: () => (behindSince === undefined ? 0 : performance.now() - behindSince),
    read(offset, maximum) {
      const segment = starts.findLast((candidate) => candidate <= offset);
      if (segment === undefined || offset >= end) return Buffer.alloc(0);
      const descriptor = openSync(segmentPath(directory, segment), 'r');
      try {
        return readLines(descriptor, offset - segment, Math.min(maximum, end - offset));
      } finally {
        closeSync(descriptor);
      }
    },
    acknowledge(offset) {
      if (offset <= acknowledged || offset > end) return;
      acknowledged = offset;
      if (acknowledged === end) behindSince = undefined;
      const path = join(directory, 'acknowledged');
      writeFileSync(`${path}.new`, String(offset));
      renameSync(`${path}.new`, path);
      forgetAcknowledged();
    },
    onAppend(listener) {
      listeners.push(listener);
    },
    close() {
      clearInterval(probe);
      if (turn !== undefined) flush();
      closeSync(file);
    },
  };
}

function segmentPath(directory: string, start: number): string {
  return join(directory, `${String(start).padStart(16, '0')}.ndjson`);
}

function listSegments(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{16}\.ndjson$/.test(name))
    .map((name) => Number(name.slice(0, 16)))
    .sort((a, b) => a - b);
}

function readAcknowledged(directory: string): number {
  const path = join(directory, 'acknowledged');
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
}

/** Returns the length of the file after its last line end, to which it is cut. */
function takeBackTornLine(file: number): number {
  const { size } = fstatSync(file);
  const window = Buffer.alloc(64 * 1024);
  for (let before = size; before > 0; ) {
    const from = Math.max(0, before - window.length);
    const length = readSync(file, window, 0, before - from, from);
    const at = window.subarray(0, length).lastIndexOf(lineEnd);
    if (at >= 0) {
      const kept = from + at + 1;
      if (kept < size) ftruncateSync(file, kept);
      return kept;
    }
    before = from;
  }
  if (size > 0) ftruncateSync(file, 0);
  return 0;
}

/** Whole lines; a line longer than `maximum` is read whole all the same. */
function readLines(file: number, from: number, maximum: number): Buffer {
  for (let size = maximum; ; size *= 2) {
    const buffer = Buffer.alloc(size);
    const length = readSync(file, buffer, 0, size, from);
    const at = buffer.subarray(0, length).lastIndexOf(lineEnd);
    if (at >= 0) return buffer.subarray(0, at + 1);
    if (length < size) return Buffer.alloc(0);
  }
}
