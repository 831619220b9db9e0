import { connect, type Socket } from 'node:net';
import { createAnswerReader, type HttpAnswer } from './answer-reader.ts';

/**
 * A few connections to one server that are kept alive, each with one request at a time. A load that is measured beside its
 * server must cost little: requests are bytes that were prepared before, and of answers only what is needed is read.
 */
export interface KeptConnections {
  /**
   * Sends a request (see `prepareRequest`) when a connection is free, in the order of the calls. Rejects with the system's code
   * when the connection breaks, with `TIMED_OUT` when no answer came in time, and with `BROKEN_ANSWER` when it cannot be read.
   * `onConnection` hears when the connection that takes it was begun, in ms of the monotonic clock.
   */
  send(request: Uint8Array, onConnection?: (begunAt: number) => void): Promise<HttpAnswer>;
  /** Ends them, and with them what is on its way. */
  close(): void;
}

interface Question {
  readonly request: Uint8Array;
  readonly onConnection: ((begunAt: number) => void) | undefined;
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

interface Connection {
  /** False once it has ended, of which its owner hears a moment later. */
  usable(): boolean;
  ask(question: Question): void;
  /** Ends it when its answer has been waited for too long. */
  lookAtTime(now: number): void;
  destroy(): void;
}

const patienceMs = 30_000;
const answerBytes = 32 * 1024;

/** A POST as bytes. Nothing of `headers` may come from a stranger: it is sent as it is. */
export function prepareRequest(url: URL, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(
    `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Connections to the server at an address of plain HTTP, `most` at once. */
export function keepConnections(address: URL, { most }: { readonly most: number }): KeptConnections {
  const all = new Set<Connection>();
  const free: Connection[] = [];
  let waiting: Question[] = [];
  let next = 0;
  /** Only while there are connections: a server that is gone is not looked after. */
  let clock: NodeJS.Timeout | undefined;

  function lookAtTimes(): void {
    const now = performance.now();
    for (const connection of all) connection.lookAtTime(now);
  }

  function takeWaiting(): Question | undefined {
    const question = waiting[next++];
    // What was taken is cut off now and then: from the front of a long list one by one would be slow.
    if (next > 1_000 || next >= waiting.length) {
      waiting = waiting.slice(next);
      next = 0;
    }
    return question;
  }

  function takeFree(): Connection | undefined {
    for (;;) {
      const connection = free.pop();
      if (connection === undefined || connection.usable()) return connection;
    }
  }

  function open(): Connection {
    const connection = openConnection(address, {
      onFree() {
        const question = takeWaiting();
        if (question === undefined) free.push(connection);
        else connection.ask(question);
      },
      onEnd() {
        all.delete(connection);
        if (all.size === 0) stopLooking();
        const place = free.indexOf(connection);
        if (place >= 0) free.splice(place, 1);
        // Whoever waits for it gets another.
        const question = takeWaiting();
        if (question !== undefined) open().ask(question);
      },
    });
    all.add(connection);
    clock ??= setInterval(lookAtTimes, 1_000).unref();
    return connection;
  }

  function stopLooking(): void {
    clearInterval(clock);
    clock = undefined;
  }

  return {
    send(request, onConnection) {
      return new Promise((resolve, reject) => {
        const question = { request, onConnection, resolve, reject };
        const connection = takeFree() ?? (all.size < most ? open() : undefined);
        if (connection === undefined) waiting.push(question);
        else connection.ask(question);
      });
    },
    close() {
      const left = waiting.slice(next);
      waiting = [];
      next = 0;
      for (const connection of all) connection.destroy();
      for (const { reject } of left) reject(failure('CLOSED', 'The connections were closed.'));
    },
  };
}

function openConnection(
  address: URL,
  news: { readonly onFree: () => void; readonly onEnd: () => void },
): Connection {
  const begunAt = performance.now();
  const reader = createAnswerReader();
  const received = Buffer.allocUnsafeSlow(answerBytes);
  let question: Question | undefined;
  let askedAt = begunAt;
  let reason: Error | undefined;
  const socket: Socket = connect({
    host: address.hostname.replace(/^\[|\]$/g, ''),
    port: Number(address.port || 80),
    noDelay: true,
    // One piece of memory for all that comes: nothing to clear away for each answer.
    onread: { buffer: received, callback: (length) => take(received.subarray(0, length)) },
  });
  socket.once('error', (error) => {
    reason ??= error;
  });
  socket.once('end', () => socket.destroy());
  socket.once('close', () => {
    const open = question;
    question = undefined;
    news.onEnd();
    open?.reject(reason ?? failure('ECONNRESET', 'The server has closed the connection.'));
  });

  function take(bytes: Buffer): boolean {
    try {
      const answer = reader.take(bytes);
      if (answer === undefined) return true;
      const open = question;
      question = undefined;
      open?.resolve(answer);
      if (answer.last || open === undefined) socket.destroy();
      else news.onFree();
    } catch (error) {
      reason = failure('BROKEN_ANSWER', error instanceof Error ? error.message : String(error));
      socket.destroy();
    }
    return true;
  }

  return {
    usable: () => !socket.destroyed,
    ask(asked) {
      question = asked;
      askedAt = performance.now();
      asked.onConnection?.(begunAt);
      socket.write(asked.request);
    },
    lookAtTime(now) {
      if (question === undefined || now - askedAt < patienceMs) return;
      reason = failure('TIMED_OUT', `The server did not answer within ${patienceMs / 1_000} s.`);
      socket.destroy();
    },
    destroy: () => socket.destroy(),
  };
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
