import { varint } from '../varint.ts';

/**
 * Just enough of the WebAssembly binary format (core specification 2.0, section 5) to write a small kernel
 * as nested function calls. An expression is the bytes that leave its value on the stack.
 */
export type Code = readonly number[];

export interface WasmFunction {
  readonly name: string;
  /** All parameters are i32. */
  readonly parameters: number;
  /** Types of the locals that follow the parameters. */
  readonly locals: readonly ('i32' | 'v128')[];
  readonly returnsI32: boolean;
  readonly body: Code;
}

/** A module that imports its memory as `host.memory` and exports `functions` by name. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [
    0x60,
    ...varint(f.parameters),
    ...repeat(I32, f.parameters),
    ...(f.returnsI32 ? [1, I32] : [0]),
  ]);
  const memoryImport = [...text('host'), ...text('memory'), 0x02, 0x00, ...varint(1)];
  const exports = functions.map((f, index) => [...text(f.name), 0x00, ...varint(index)]);
  const bodies = functions.map((f) => {
    const locals = f.locals.map((type) => [1, type === 'i32' ? I32 : V128]);
    return sized([...vector(locals), ...f.body, END]);
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([memoryImport])),
    ...section(3, vector(functions.map((_, index) => varint(index)))),
    ...section(7, vector(exports)),
    ...section(10, vector(bodies)),
  ]);
}

const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;

export const local = (index: number): Code => [0x20, ...varint(index)];
export const setLocal = (index: number, value: Code): Code => [...value, 0x21, ...varint(index)];
export const i32 = (value: number): Code => [0x41, ...signed(value)];

export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
export const shiftLeft = (a: Code, bits: number): Code => [...a, ...i32(bits), 0x74];
export const or = (a: Code, b: Code): Code => [...a, ...b, 0x72];
export const equal = (a: Code, b: Code): Code => [...a, ...b, 0x46];
export const lessOrEqual = (a: Code, b: Code): Code => [...a, ...b, 0x4d];
export const lessThan = (a: Code, b: Code): Code => [...a, ...b, 0x49];

/** Loads and stores take an address and a constant offset in bytes. */
export const loadByte = (address: Code, offset: number): Code => [...address, 0x2d, 0, ...varint(offset)];
export const loadI32 = (address: Code, offset: number): Code => [...address, 0x28, 2, ...varint(offset)];
export const storeI32 = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  0x36,
  2,
  ...varint(offset),
];

/** Two float64 lanes at once. */
export const loadPair = (address: Code, offset: number): Code => [
  ...address,
  0xfd,
  0x00,
  4,
  ...varint(offset),
];
export const storePair = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  4,
  ...varint(offset),
];
export const addPairs = (a: Code, b: Code): Code => [...a, ...b, 0xfd, ...varint(0xf0)];
export const subtractPairs = (a: Code, b: Code): Code => [...a, ...b, 0xfd, ...varint(0xf1)];

/** Runs `body` while `condition` is not 0. */
export const whileTrue = (condition: Code, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40], // block, loop
  ...condition,
  ...[0x45, 0x0d, 1], // i32.eqz, br_if out of the block
  ...body,
  ...[0x0c, 0, END, END], // br to the loop's start
];

function section(id: number, content: Code): number[] {
  return [id, ...sized(content)];
}

function sized(content: Code): number[] {
  return [...varint(content.length), ...content];
}

function vector(items: readonly Code[]): number[] {
  return [...varint(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return sized(Array.from(value, (character) => character.charCodeAt(0)));
}

function repeat(value: number, times: number): number[] {
  return new Array<number>(times).fill(value);
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
    bytes.push(done ? low : low | 128);
    if (done) return bytes;
  }
}
