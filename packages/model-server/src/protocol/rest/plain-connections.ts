import { type Server, STATUS_CODES, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerStream, RequestHead } from './exchange.ts';
import { type PlainHead, readPlainHead } from './plain-head.ts';

/** A request whose body is there. */
interface PlainRequest {
  readonly request: RequestHead;
  readonly response: AnswerStream;
  readonly body: Buffer;
}

interface PlainDoor {
  /** Whether requests to the path are taken here. */
  readonly takes: (url: string) => boolean;
  /** Whether a request that is there whole wants more than one plain answer. */
  readonly leaves: (url: string, body: Buffer) => boolean;
  readonly answer: (request: PlainRequest) => void;
  readonly keepAliveMs: number;
  /** For the first request to begin. */
  readonly headersMs: number;
  /** For a request to come whole. */
  readonly requestMs: number;
}

/** A longer body is not held before it is known who sends it. */
const longestBody = 256 * 1024;

/**
 * Lets a server answer the plainest requests from the socket itself, at a third of what the streams of `node:http` cost. The
 * first request of a connection that is not plain, or not taken, goes to `node:http` with all that comes after it, byte for
 * byte, so that nothing unusual is judged here.
 */
export function answerPlainRequests(server: Server, door: PlainDoor): void {
  const listeners = server.listeners('connection');
  const { closeIdleConnections, closeAllConnections } = server;
  const connections = new Set<PlainConnection>();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const connection = follow(socket, door, {
      handOver: () => {
        for (const listener of listeners) listener.call(server, socket);
      },
      broken: (code) => server.emit('clientError', Object.assign(new Error(code), { code }), socket),
      gone: () => connections.delete(connection),
    });
    connections.add(connection);
  });
  server.closeIdleConnections = () => {
    for (const connection of connections) connection.endIdle();
    closeIdleConnections.call(server);
  };
  server.closeAllConnections = () => {
    for (const connection of connections) connection.destroy();
    closeAllConnections.call(server);
  };
}

interface PlainConnection {
  endIdle(): void;
  destroy(): void;
}

function follow(
  socket: Socket,
  door: PlainDoor,
  to: {
    readonly handOver: () => void;
    /** The body does not come whole: the code says why, as `node:http` has it. */
    readonly broken: (code: string) => void;
    readonly gone: () => void;
  },
): PlainConnection {
  let busy = false;
  let ended = false;
  /** A request whose body is on its way. */
  let coming: { readonly head: PlainHead; readonly chunks: Buffer[]; size: number } | undefined;
  let late: NodeJS.Timeout | undefined;

  socket.setNoDelay(true);
  socket.setTimeout(door.headersMs);
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('close', onClose);
  socket.on('timeout', endIdle);
  // A caller that goes away is no error of ours.
  socket.on('error', ignore);

  function onData(chunk: Buffer): void {
    if (busy) putBack(chunk);
    else if (coming === undefined) read(chunk);
    else {
      coming.chunks.push(chunk);
      coming.size += chunk.length;
      if (coming.size < coming.head.bodyEnd) return;
      const { head, chunks } = coming;
      coming = undefined;
      clearTimeout(late);
      take(head, Buffer.concat(chunks));
    }
  }

  /** What was sent ahead waits in the stream, whose end is told when that has been read too. */
  function putBack(bytes: Buffer): void {
    socket.pause();
    socket.unshift(bytes);
  }

  function read(bytes: Buffer): void {
    const head = readPlainHead(bytes);
    if (head === undefined || head.bodyEnd - head.bodyStart > longestBody || !door.takes(head.url)) {
      handOver(bytes);
    } else if (bytes.length < head.bodyEnd) {
      coming = { head, chunks: [bytes], size: bytes.length };
      late = setTimeout(giveUp, door.requestMs, 'ERR_HTTP_REQUEST_TIMEOUT');
    } else take(head, bytes);
  }

  function take(head: PlainHead, bytes: Buffer): void {
    const { url, headers, bodyStart, bodyEnd } = head;
    const body = bytes.subarray(bodyStart, bodyEnd);
    if (door.leaves(url, body)) {
      handOver(bytes);
      return;
    }
    busy = true;
    if (bytes.length > bodyEnd) putBack(bytes.subarray(bodyEnd));
    door.answer({
      request: { method: 'POST', url, headers, socket },
      response: createAnswer(socket, door.keepAliveMs, onAnswered),
      body,
    });
  }

  function onAnswered(last: boolean): void {
    if (!last && socket.writableNeedDrain) {
      // Whoever does not read the answers to its questions is not asked for more of them.
      socket.once('drain', () => onAnswered(last));
      return;
    }
    busy = false;
    if (last || ended) {
      socket.off('data', onData);
      socket.destroySoon();
      return;
    }
    // What is read and written keeps it from running out; setting it anew makes a timer.
    if (socket.timeout !== door.keepAliveMs) socket.setTimeout(door.keepAliveMs);
    if (socket.isPaused()) socket.resume();
  }

  function handOver(bytes: Buffer): void {
    to.gone();
    socket.pause();
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('close', onClose);
    socket.off('timeout', endIdle);
    socket.setTimeout(0);
    socket.unshift(bytes);
    to.handOver();
    socket.off('error', ignore);
    socket.resume();
  }

  function onEnd(): void {
    ended = true;
    if (coming !== undefined) giveUp('HPE_INVALID_EOF_STATE');
    else if (!busy) socket.end();
  }

  function giveUp(code: string): void {
    coming = undefined;
    clearTimeout(late);
    socket.off('data', onData);
    to.broken(code);
  }

  function onClose(): void {
    clearTimeout(late);
    to.gone();
  }

  function endIdle(): void {
    if (!busy && coming === undefined) socket.destroySoon();
  }

  return { endIdle, destroy: () => socket.destroy() };
}

function ignore(): void {}

/** Writes one answer: its head and body in one piece. `onAnswered` is told whether the connection ends with it. */
function createAnswer(
  socket: Socket,
  keepAliveMs: number,
  onAnswered: (last: boolean) => void,
): AnswerStream {
  let head = '';
  let early = '';
  let last = false;
  const line = (name: string, value: string | number): string => {
    if (typeof value === 'string') validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  };
  // Plain fields: an object with accessors takes a microsecond to make.
  const stream = {
    headersSent: false,
    setHeader(name: string, value: string) {
      if (name === 'connection') last = value === 'close';
      else early += line(name, value);
    },
    writeHead(status: number, headers: Readonly<Record<string, string | number>>) {
      let lines = early;
      for (const name in headers) lines += line(name, headers[name] ?? '');
      lines += last
        ? 'Connection: close\r\n'
        : `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1000}\r\n`;
      head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}Date: ${dateOfNow()}\r\n\r\n`;
      stream.headersSent = true;
    },
    end(body: string | Buffer, encoding: 'latin1' | 'utf8') {
      if (!socket.writable) {
        onAnswered(true);
        return;
      }
      if (typeof body === 'string') socket.write(head + body, encoding);
      else {
        const whole = Buffer.allocUnsafe(head.length + body.length);
        whole.write(head, 'latin1');
        whole.set(body, head.length);
        socket.write(whole);
      }
      onAnswered(last);
    },
  };
  return stream;
}

let datedSecond = 0;
let date = '';

/** The time by the second, as HTTP writes it (RFC 9110, section 5.6.7). */
function dateOfNow(): string {
  const now = Date.now();
  const second = now - (now % 1_000);
  if (second !== datedSecond) {
    datedSecond = second;
    date = new Date(now).toUTCString();
  }
  return date;
}
