import type { ServerHttp2Stream } from 'node:http2';
import type { RestDeps } from '../rest/rest-server.ts';
import { acceptedEncodings, type Encoding, frame, prefixBytes, readFrame } from './grpc-frames.ts';
import { watchedHealth } from './grpc-health.ts';
import { createReflection } from './grpc-reflection.ts';
import { encodeMessage, GrpcError, grpcStatus } from './grpc-status.ts';

/** The methods whose answers go on: the watch over health, and reflection. */
export interface GrpcStreams {
  has(path: string): boolean;
  isOpen(path: string): boolean;
  follow(path: string, stream: ServerHttp2Stream, call: StreamCall): void;
  /** Ends every watch: the server stops. */
  end(): void;
}

interface StreamCall {
  readonly encoding: Encoding;
  readonly limit: number;
}

const watchPath = '/grpc.health.v1.Health/Watch';
const reflectionPaths: ReadonlySet<string> = new Set([
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
]);
const lookMs = 500;
const headers = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': acceptedEncodings,
};

export function createStreams(deps: Pick<RestDeps, 'ready'>): GrpcStreams {
  const reflect = createReflection();
  const watches = new Set<() => void>();

  function watchHealth(stream: ServerHttp2Stream, call: StreamCall): void {
    begin(stream);
    eachMessage(stream, call, async (message) => {
      let told: boolean | undefined;
      const tell = (ready: boolean): void => {
        if (ready === told) return;
        told = ready;
        stream.write(frame(watchedHealth(message, ready)));
      };
      tell(deps.ready());
      const look = setInterval(() => tell(deps.ready()), lookMs);
      look.unref();
      const stop = (): void => {
        tell(false);
        stream.end();
      };
      watches.add(stop);
      stream.once('close', () => {
        clearInterval(look);
        watches.delete(stop);
      });
    });
  }

  return {
    has: (path) => path === watchPath || reflectionPaths.has(path),
    isOpen: (path) => path === watchPath,
    follow(path, stream, call) {
      if (path === watchPath) {
        watchHealth(stream, call);
        return;
      }
      begin(stream);
      let last = Promise.resolve();
      eachMessage(stream, call, (message) => {
        last = last.then(async () => void stream.write(frame(await reflect(message))));
        return last;
      });
      stream.once('end', () => void last.finally(() => stream.end()));
    },
    end() {
      for (const stop of watches) stop();
    },
  };
}

function begin(stream: ServerHttp2Stream): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers.get(stream) ?? { 'grpc-status': '0' }));
}

/** How a stream that failed ends. */
const trailers = new WeakMap<ServerHttp2Stream, Record<string, string>>();

function eachMessage(
  stream: ServerHttp2Stream,
  { encoding, limit }: StreamCall,
  take: (message: Buffer) => Promise<void>,
): void {
  let rest = Buffer.alloc(0);
  const fail = (error: unknown): void => {
    const known =
      error instanceof GrpcError
        ? error
        : new GrpcError(grpcStatus.invalidArgument, 'the message cannot be read');
    trailers.set(stream, { 'grpc-status': String(known.code), 'grpc-message': encodeMessage(known.message) });
    stream.end();
  };
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    try {
      while (rest.length >= prefixBytes) {
        const size = prefixBytes + rest.readUInt32BE(1);
        if (size > limit + prefixBytes)
          throw new GrpcError(grpcStatus.resourceExhausted, 'the message is too large');
        if (rest.length < size) return;
        const message = readFrame(rest.subarray(0, size), encoding, limit);
        rest = rest.subarray(size);
        take(message).catch(fail);
      }
    } catch (error) {
      fail(error);
    }
  });
}
