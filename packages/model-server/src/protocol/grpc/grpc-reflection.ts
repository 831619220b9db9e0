import { fileURLToPath } from 'node:url';
import type { PackageDefinition } from '@grpc/proto-loader';
import { prefixBytes } from './grpc-frames.ts';
import { grpcStatus } from './grpc-status.ts';
import { readProto } from './proto-reader.ts';
import { createProtoWriter, type ProtoWriter } from './proto-writer.ts';
import { reflectionDefinition } from './reflection-definition.ts';

/** Answers one request of `grpc.reflection.v1.ServerReflection` (v1alpha says the same in other words). */
export type Reflect = (message: Buffer) => Promise<Buffer>;

/** A file of definitions by its name, with what it defines. */
interface ProtoFile {
  readonly name: string;
  readonly descriptor: Buffer;
  readonly symbols: ReadonlySet<string>;
}

const services = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'inference.GRPCInferenceService',
];
const sources = ['inference.proto', 'health.proto'];

/** The definitions are compiled when somebody asks for the first time: few ever do. */
export function createReflection(): Reflect {
  let files: Promise<readonly ProtoFile[]> | undefined;
  return async (message) => {
    files ??= loadFiles();
    return answer(message, await files);
  };
}

function answer(message: Buffer, files: readonly ProtoFile[]): Buffer {
  const reader = readProto(message);
  const writer = createProtoWriter(prefixBytes);
  writer.bytes(2, message);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) writeFile(writer, files, (file, wanted) => file.name === wanted, reader.text());
    else if (field === 4) writeFile(writer, files, (file, wanted) => file.symbols.has(wanted), reader.text());
    else if (field === 7) {
      reader.skip();
      writer.message(6, (list) => {
        for (const service of services) list.message(1, (entry) => entry.text(1, service));
      });
    } else if (field === 5 || field === 6) {
      reader.skip();
      writeProblem(writer, 'there are no extensions');
    } else reader.skip();
  }
  return writer.finish();
}

function writeFile(
  writer: ProtoWriter,
  files: readonly ProtoFile[],
  is: (file: ProtoFile, wanted: string) => boolean,
  wanted: string,
): void {
  const found = files.find((file) => is(file, wanted));
  if (found === undefined) writeProblem(writer, `there is no ${wanted}`);
  else writer.message(4, (reply) => reply.bytes(1, found.descriptor));
}

function writeProblem(writer: ProtoWriter, problem: string): void {
  writer.message(7, (error) => {
    error.integer(1, grpcStatus.notFound);
    error.text(2, problem);
  });
}

async function loadFiles(): Promise<readonly ProtoFile[]> {
  const { fromJSON, load } = await import('@grpc/proto-loader');
  const files: ProtoFile[] = [];
  for (const source of sources)
    files.push(toFile(await load(fileURLToPath(new URL(`./${source}`, import.meta.url)))));
  for (const release of ['v1', 'v1alpha'] as const)
    files.push(toFile(fromJSON(reflectionDefinition(release))));
  return files;
}

function toFile(definition: PackageDefinition): ProtoFile {
  const symbols = new Set<string>();
  let descriptor: Buffer = Buffer.alloc(0);
  for (const [symbol, defined] of Object.entries(definition)) {
    symbols.add(symbol);
    if ('fileDescriptorProtos' in defined)
      [descriptor = descriptor] = defined.fileDescriptorProtos as readonly Buffer[];
    else for (const method of Object.keys(defined)) symbols.add(`${symbol}.${method}`);
  }
  return { name: nameOfFile(descriptor), descriptor, symbols };
}

/** Field 1 of a FileDescriptorProto. */
function nameOfFile(descriptor: Buffer): string {
  const reader = readProto(Buffer.from(descriptor));
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) return reader.text();
    reader.skip();
  }
  return '';
}
