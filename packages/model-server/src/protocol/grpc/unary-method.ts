import type { Socket } from 'node:net';
import type { Admission } from '../access.ts';
import { prefixBytes } from './grpc-frames.ts';
import { readProto } from './proto-reader.ts';
import { createProtoWriter, type ProtoWriter } from './proto-writer.ts';

/** A method that takes one message and gives one. */
export type UnaryMethod = OpenMethod | KeyMethod;

/** Tells a status and nothing else, to everybody. */
interface OpenMethod {
  readonly open: true;
  /** The message has room for its frame. */
  answer(message: Buffer): Buffer;
}

interface KeyMethod {
  readonly open: false;
  answer(call: UnaryCall): Buffer | Promise<Buffer>;
}

export interface UnaryCall {
  readonly message: Buffer;
  readonly admission: Admission;
  readonly socket: Socket;
  /** `performance.now()` when the call came in. */
  readonly receivedAt: number;
}

/** A message with a name (1) and a version (2); empty what is left out. */
export function readNamed(message: Buffer): { readonly name: string; readonly version: string } {
  const reader = readProto(message);
  let name = '';
  let version = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 2) version = reader.text();
    else reader.skip();
  }
  return { name, version };
}

/** A message that `fill` writes, with room for its frame. */
export function writeReply(fill: (reply: ProtoWriter) => void): Buffer {
  const writer = createProtoWriter(prefixBytes);
  fill(writer);
  return writer.finish();
}
