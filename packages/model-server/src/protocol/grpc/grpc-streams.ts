import type { Http2Stream } from '../http2/http2-stream.ts';
import type { RestDeps } from '../rest/rest-server.ts';
import { answerHead, failureTrailers, successTrailers } from './grpc-answers.ts';
import { type Encoding, frame, prefixBytes, readFrame, tooLarge } from './grpc-frames.ts';
import { watchedHealth } from './grpc-health.ts';
import { createReflection } from './grpc-reflection.ts';
import { GrpcError, grpcStatus } from './grpc-status.ts';

/** The methods whose answers go on: the watch over health, and reflection. */
export interface GrpcStreams {
  has(path: string): boolean;
  isOpen(path: string): boolean;
  follow(path: string, stream: Http2Stream, call: StreamCall): void;
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

export function createStreams(deps: Pick<RestDeps, 'ready'>): GrpcStreams {
  const reflect = createReflection();
  const watches = new Set<() => void>();

  function watchHealth(stream: Http2Stream, call: StreamCall): void {
    stream.answer(answerHead);
    let watched = false;
    void eachMessage(stream, call, (message) => {
      if (watched) throw new GrpcError(grpcStatus.invalidArgument, 'a watch has one message');
      watched = true;
      if (stream.closed) return;
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
        stream.end(successTrailers);
      };
      watches.add(stop);
      onClosed(stream, () => {
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
      stream.answer(answerHead);
      void eachMessage(stream, call, async (message) => {
        stream.write(frame(await reflect(message)));
        await stream.written();
      }).then(() => stream.end(successTrailers));
    },
    end() {
      for (const stop of watches) stop();
    },
  };
}

/**
 * Hands over one message after the other, the next when the last is done with, so that nobody has more asked than he reads.
 * A stream that breaks the wire ends with the status that says so.
 */
async function eachMessage(
  stream: Http2Stream,
  { encoding }: StreamCall,
  take: (message: Buffer) => Promise<void> | void,
): Promise<void> {
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of chunksOf(stream)) {
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

/** Ends the stream with what was wrong; the first end is the one that is told. */
function fail(stream: Http2Stream, error: unknown): void {
  const { code, message } =
    error instanceof GrpcError
      ? error
      : new GrpcError(grpcStatus.invalidArgument, 'the message cannot be read');
  stream.end(failureTrailers(code, message));
  // What still comes is nothing to anybody.
  const { closed } = stream.listener;
  stream.listener = { data: (bytes) => stream.credit(bytes.length), end() {}, closed };
}

/** What the caller sends, piece by piece; more is asked for when a piece is done with. Ends with the stream. */
async function* chunksOf(stream: Http2Stream): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let over = false;
  let wake = (): void => {};
  stream.listener = {
    data(bytes) {
      chunks.push(bytes);
      wake();
    },
    end() {
      over = true;
      wake();
    },
    closed() {
      over = true;
      wake();
    },
  };
  for (;;) {
    const chunk = chunks.shift();
    if (chunk !== undefined) {
      yield chunk;
      stream.credit(chunk.length);
    } else if (over) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}

function onClosed(stream: Http2Stream, act: () => void): void {
  const { listener } = stream;
  stream.listener = {
    data: (bytes) => listener.data(bytes),
    end: () => listener.end(),
    closed() {
      listener.closed();
      act();
    },
  };
}
