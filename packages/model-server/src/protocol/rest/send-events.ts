import { ServerResponse } from 'node:http';
import { InferenceError, inferenceError } from '../../inference-error.ts';
import type { InferAnswer, InferRequest } from '../infer-request.ts';
import { type Exchange, finish } from './exchange.ts';

/** What is sent piece by piece. */
interface EventSource {
  readonly request: InferRequest;
  /** Its record is in the log. */
  readonly first: InferAnswer;
  /** The data of an event. */
  readonly write: (answer: InferAnswer) => string;
  /** The data of the event that ends a stream which broke. */
  readonly refuse: (error: InferenceError) => string;
  /** The data of an event behind all others; absent: there is none. */
  readonly last?: string;
  /** Logs that the stream came to its end, with the number of its pieces. */
  readonly ended: (pieces: number) => Promise<void>;
  /** Logs why the stream did not come to its end. */
  readonly broken: (error: InferenceError) => Promise<void>;
}

/**
 * Answers with server-sent events (html.spec.whatwg.org, 9.2), one for each piece. The next piece is asked for when the last
 * one was taken; whoever goes away ends the stream, and the model hears of it. What breaks is told in an event of its own.
 */
export async function sendEvents(exchange: Exchange, source: EventSource): Promise<void> {
  const { response } = exchange;
  const { request, first } = source;
  if (!(response instanceof ServerResponse)) throw inferenceError('INTERNAL');
  const stream = request.stream?.opened;
  let gone = false;
  const stop = (): void => {
    gone = true;
    stream?.cancel();
  };
  const { socket } = exchange.request;
  response.once('close', stop);
  // Who has ended its side may wait for one answer, but not for pieces without end: it is gone.
  socket.once('end', stop);
  // It may have happened while the first piece was made.
  if (response.destroyed || socket.readableEnded) stop();
  try {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    await give(response, source.write(first));
    let pieces = 1;
    for (let piece = await stream?.next(); piece !== undefined && !gone; piece = await stream?.next()) {
      const outputs = first.outputs.flatMap(({ name }) => piece?.get(name) ?? []);
      await give(response, source.write({ ...first, outputs }));
      pieces += 1;
    }
    if (gone) await source.broken(inferenceError('STREAM_CANCELLED', { model: first.model }));
    else if (stream !== undefined) await source.ended(pieces);
  } catch (error) {
    const known =
      error instanceof InferenceError ? error : inferenceError('MODEL_FAILED', { model: first.model }, error);
    await source.broken(gone ? inferenceError('STREAM_CANCELLED', { model: first.model }) : known);
    if (!gone) await give(response, source.refuse(known));
  } finally {
    if (!gone && source.last !== undefined) await give(response, source.last);
    response.off('close', stop);
    socket.off('end', stop);
    response.end();
    finish(exchange);
  }
}

/** Resolves when there is room for more, or nobody to take it. */
function give(response: ServerResponse, data: string): Promise<void> | undefined {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  if (response.write(`${lines.join('')}\n`) || response.destroyed) return undefined;
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.once('drain', go);
    response.once('close', go);
  });
}
