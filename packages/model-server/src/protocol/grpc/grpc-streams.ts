import type { ServerHttp2Stream } from 'node:http2';
import type { RestDeps } from '../rest/rest-server.ts';
import { acceptedEncodings, type Encoding, frame, prefixBytes, readFrame, tooLarge } from './grpc-frames.ts';
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
}

const watchPath = '/grpc.health.v1.Health/Watch';
const reflectionPaths: ReadonlySet<string> = new Set([
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
]);
const lookMs = 500;
/** What is watched or looked up is a name. */
const longestMessage = 4 * 1024;
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
    let watched = false;
    void eachMessage(stream, call, (message) => {
      if (watched) throw new GrpcError(grpcStatus.invalidArgument, 'a watch has one message');
      watched = true;
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
    }).then(() => {
      if (!watched) fail(stream, new GrpcError(grpcStatus.invalidArgument, 'the call has no message'));
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
      void eachMessage(stream, call, async (message) => written(stream, frame(await reflect(message)))).then(
        () => stream.end(),
      );
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

/**
 * Hands over one message after the other, the next when the last is done with, so that nobody has more asked than he reads.
 * A stream that breaks the wire ends with the status that says so.
 */
async function eachMessage(
  stream: ServerHttp2Stream,
  { encoding }: StreamCall,
  take: (message: Buffer) => Promise<void> | void,
): Promise<void> {
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= prefixBytes) {
        const size = prefixBytes + rest.readUInt32BE(1);
        if (size > prefixBytes + longestMessage) throw tooLarge(longestMessage);
        if (rest.length < size) break;
        await take(readFrame(rest.subarray(0, size), encoding, longestMessage));
        rest = rest.subarray(size);
      }
    }
    if (rest.length > 0) throw new GrpcError(grpcStatus.invalidArgument, 'the last message is not whole');
  } catch (error) {
    fail(stream, error);
  }
}

/** The first failure is the one that is told. */
function fail(stream: ServerHttp2Stream, error: unknown): void {
  if (trailers.has(stream)) return;
  const { code, message } =
    error instanceof GrpcError
      ? error
      : new GrpcError(grpcStatus.invalidArgument, 'the message cannot be read');
  trailers.set(stream, { 'grpc-status': String(code), 'grpc-message': encodeMessage(message) });
  stream.end();
  // What still comes is nothing to anybody.
  stream.resume();
}

/** Resolves when what was written is on its way, or nobody waits for it. */
function written(stream: ServerHttp2Stream, bytes: Buffer): Promise<void> | void {
  if (stream.destroyed || stream.write(bytes)) return;
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('close', resolve);
  });
}
