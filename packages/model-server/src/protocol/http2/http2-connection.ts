import type { Socket } from 'node:net';
import { createHpackDecoder, fieldOf, type HeaderField, longestHeaders } from './hpack-decoder.ts';
import {
  errorCode,
  firstWindow,
  frameFlag,
  frameType,
  Http2Error,
  headBytes,
  largestWindow,
  setting,
  settingsFrame,
  usualFrameSize,
} from './http2-frames.ts';
import type { Http2Stream, StreamListener, StreamState } from './http2-stream.ts';
import { createHttp2Writer } from './http2-writer.ts';

export interface Http2Connection {
  /** Takes no new streams, and ends with the last of those there are. */
  close(): void;
  /** Asks the caller to open its next streams on another connection, and takes none any more once it has heard that. */
  retire(): void;
  destroy(): void;
}

interface Door {
  readonly take: (stream: Http2Stream) => void;
  /** An error of ours. */
  readonly onError: (error: unknown) => void;
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const mostStreams = 1_000;
const streamWindow = 1024 * 1024;
const connectionWindow = 4 * 1024 * 1024;
const longestBlock = 4 * longestHeaders;
const mostContinuations = 32;
const greetingMs = 15_000;
const partingMs = 1_000;
/** Streams that a caller may break off at once, and then per second: whoever does more makes work that nobody waits for. */
const [resetsAtOnce, resetsPerSecond] = [1_000, 33];
const nothing = Buffer.alloc(0);
/** What a caller repeats once it has read that it is to go. */
const farewell = Buffer.from('farewell');
const deaf: StreamListener = { data() {}, end() {}, closed() {} };

/**
 * HTTP/2 (RFC 9113) for requests of programs, on a socket with or without TLS: no push, no priorities. What a turn of the
 * event loop has to say goes out in one piece. Made because a stream of `node:http2` costs more than the answer to it.
 */
export function serveHttp2(socket: Socket, door: Door): Http2Connection {
  const decoder = createHpackDecoder();
  const writer = createHttp2Writer(socket);
  const streams = new Map<number, StreamState>();
  /** Streams that have something to say and no window. */
  const blocked = new Set<StreamState>();
  let rest: Buffer = nothing;
  let greeting: 'awaited' | 'settings' | 'done' = 'awaited';
  /** A header block that goes on in the next frame. */
  let block: { readonly id: number; readonly flags: number; parts: Buffer[]; size: number } | undefined;
  let lastId = 0;
  let closing = false;
  let over = false;
  let sendWindow = firstWindow;
  let receiveWindow = connectionWindow;
  let taken = 0;
  let usualSendWindow = firstWindow;
  let frameSize = usualFrameSize;
  let resets = resetsAtOnce;
  let resetsAt = performance.now();
  const late = setTimeout(() => socket.destroy(), greetingMs);

  socket.setNoDelay(true);
  socket.on('data', onData);
  socket.on('close', part);
  // A caller that goes away is no error of ours.
  socket.on('error', () => {});
  writer.say(
    settingsFrame([
      [setting.maxConcurrentStreams, mostStreams],
      [setting.initialWindowSize, streamWindow],
      [setting.maxHeaderListSize, longestHeaders],
    ]),
  );
  writer.numbers(frameType.windowUpdate, 0, [connectionWindow - firstWindow]);

  function onData(chunk: Buffer): void {
    try {
      read(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
    } catch (error) {
      if (!(error instanceof Http2Error)) door.onError(error);
      breakOff(error instanceof Http2Error ? error.code : errorCode.internalError);
    }
  }

  function read(bytes: Buffer): void {
    let at = 0;
    if (greeting === 'awaited') {
      const length = Math.min(bytes.length, preface.length);
      if (preface.compare(bytes, 0, length, 0, length) !== 0) throw wrong('this is not HTTP/2');
      if (length < preface.length) {
        rest = bytes;
        return;
      }
      at = length;
      greeting = 'settings';
    }
    while (bytes.length - at >= headBytes && !over) {
      const length =
        ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
      if (length > usualFrameSize) throw wrongSize();
      const end = at + headBytes + length;
      if (end > bytes.length) break;
      const id = bytes.readUInt32BE(at + 5) & largestWindow;
      takeFrame(bytes[at + 3] as number, bytes[at + 4] as number, id, bytes.subarray(at + headBytes, end));
      at = end;
    }
    rest = at === bytes.length ? nothing : bytes.subarray(at);
  }

  function takeFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (greeting === 'settings') {
      if (type !== frameType.settings || (flags & frameFlag.ack) !== 0) throw wrong('settings come first');
      greeting = 'done';
      clearTimeout(late);
    }
    if (block !== undefined && (type !== frameType.continuation || id !== block.id))
      throw wrong('a header block is not whole');
    switch (type) {
      case frameType.data:
        takeData(flags, id, payload);
        return;
      case frameType.headers:
        takeHeaders(flags, id, payload);
        return;
      case frameType.continuation:
        takeContinuation(flags, payload);
        return;
      case frameType.settings:
        takeSettings(flags, id, payload);
        return;
      case frameType.windowUpdate:
        takeWindow(id, payload);
        return;
      case frameType.resetStream:
        takeReset(id, payload);
        return;
      case frameType.ping:
        if (payload.length !== 8) throw wrongSize();
        if (id !== 0) throw wrong('a ping is of the connection');
        if ((flags & frameFlag.ack) === 0) writer.frame(frameType.ping, frameFlag.ack, 0, payload);
        else if (payload.equals(farewell)) close();
        return;
      case frameType.goAway:
        if (id !== 0) throw wrong('the end is of the connection');
        closing = true;
        endWhenIdle();
        return;
      case frameType.priority:
        if (id === 0) throw wrong('a priority is of a stream');
        if (payload.length !== 5) throw wrongSize();
        return;
      case frameType.pushPromise:
        throw wrong('only servers push');
    }
  }

  function takeData(flags: number, id: number, payload: Buffer): void {
    requireKnown(id);
    receiveWindow -= payload.length;
    const state = streams.get(id);
    if (receiveWindow < 0) throw tooMuch();
    if (state === undefined || state.ended) {
      creditConnection(payload.length);
      if (state !== undefined) stopForCaller(state, errorCode.streamClosed);
      return;
    }
    state.receiveWindow -= payload.length;
    if (state.receiveWindow < 0) throw tooMuch();
    const data = unpadded(flags, payload);
    state.came += data.length;
    state.untaken += payload.length;
    // Padding is taken by nobody else.
    credit(state, payload.length - data.length);
    if (data.length > 0) state.listener.data(data);
    if ((flags & frameFlag.endStream) !== 0) endOfCaller(state);
  }

  function takeHeaders(flags: number, id: number, payload: Buffer): void {
    if (id % 2 === 0) throw wrong('callers open odd streams');
    const fields = unpadded(flags, payload);
    const skipped = (flags & frameFlag.priority) === 0 ? 0 : 5;
    if (fields.length < skipped) throw wrongSize();
    const part = skipped === 0 ? fields : fields.subarray(skipped);
    if ((flags & frameFlag.endHeaders) !== 0) takeFields(id, flags, part);
    else block = { id, flags, parts: [part], size: fields.length };
  }

  function takeContinuation(flags: number, payload: Buffer): void {
    if (block === undefined) throw wrong('nothing is to be continued');
    block.parts.push(payload);
    block.size += payload.length;
    if (block.size > longestBlock || block.parts.length > mostContinuations)
      throw new Http2Error(errorCode.enhanceYourCalm, 'a header block is too long');
    if ((flags & frameFlag.endHeaders) === 0) return;
    const whole = block;
    block = undefined;
    takeFields(whole.id, whole.flags, Buffer.concat(whole.parts));
  }

  function takeFields(id: number, flags: number, whole: Buffer): void {
    const isEnd = (flags & frameFlag.endStream) !== 0;
    const open = streams.get(id);
    const { fields, malformed, tooLong } = decoder.decode(whole, open !== undefined);
    if (open !== undefined) {
      if (open.ended) stopForCaller(open, errorCode.streamClosed);
      else if (malformed || !isEnd) stopForCaller(open, errorCode.protocolError);
      else endOfCaller(open);
      return;
    }
    // A stream that was reset here may still get its trailers.
    if (id <= lastId) return;
    lastId = id;
    if (closing) refuse(id, errorCode.refusedStream);
    else if (streams.size >= mostStreams) refuse(id, errorCode.refusedStream);
    else if (malformed) refuse(id, errorCode.protocolError);
    else if (tooLong) refuse(id, errorCode.enhanceYourCalm);
    else {
      const state = openStream(id, fields);
      door.take(state);
      if (isEnd && !state.closed) endOfCaller(state);
    }
  }

  function takeSettings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw wrong('settings are of the connection');
    if ((flags & frameFlag.ack) !== 0) {
      if (payload.length > 0) throw wrongSize();
      return;
    }
    if (payload.length % 6 !== 0) throw wrongSize();
    for (let at = 0; at < payload.length; at += 6)
      apply(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    writer.frame(frameType.settings, frameFlag.ack, 0, nothing);
  }

  function apply(id: number, value: number): void {
    if (id === setting.headerTableSize) writer.allowTable(value);
    else if (id === setting.enablePush && value > 1) throw wrong('push is on or off');
    else if (id === setting.maxFrameSize) {
      if (value < usualFrameSize || value >= 2 ** 24) throw wrong('there are no frames of this size');
      frameSize = Math.min(value, streamWindow);
    } else if (id === setting.initialWindowSize) {
      if (value > largestWindow) throw tooMuch();
      for (const state of streams.values()) {
        state.sendWindow += value - usualSendWindow;
        if (state.sendWindow > largestWindow) throw tooMuch();
      }
      usualSendWindow = value;
      sendBlocked();
    }
  }

  function takeWindow(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw wrongSize();
    const more = payload.readUInt32BE(0) & largestWindow;
    if (id === 0) {
      if (more === 0) throw wrong('a window grows by something');
      sendWindow += more;
      if (sendWindow > largestWindow) throw tooMuch();
      sendBlocked();
      return;
    }
    requireKnown(id);
    const state = streams.get(id);
    if (state === undefined) return;
    state.sendWindow += more;
    if (more === 0) stopForCaller(state, errorCode.protocolError);
    else if (state.sendWindow > largestWindow) stopForCaller(state, errorCode.flowControlError);
    else if (blocked.has(state)) send(state);
  }

  function takeReset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw wrongSize();
    requireKnown(id);
    const state = streams.get(id);
    if (state === undefined) return;
    // What has its answer made no work for nobody.
    if (!state.answered) countReset();
    drop(state);
  }

  function requireKnown(id: number): void {
    if (id === 0 || id % 2 === 0 || id > lastId) throw wrong('there was no such stream');
  }

  function openStream(id: number, headers: readonly HeaderField[]): StreamState {
    const length = fieldOf(headers, 'content-length');
    // Everything by its name: accessors and spreads take longer to make than all the rest.
    const state: StreamState = {
      id,
      headers,
      socket,
      ended: false,
      closed: false,
      answered: false,
      listener: deaf,
      credit: (bytes) => credit(state, bytes),
      answer(fields, last = false) {
        if (state.closed || state.answered) return;
        state.answered = true;
        writer.headers(id, fields, last);
        if (last) endOfAnswer(state);
      },
      write(bytes) {
        if (state.closed || state.trailers !== undefined) return;
        if (state.queue === undefined) state.queue = [bytes];
        else state.queue.push(bytes);
        send(state);
      },
      written: () => {
        if (state.closed || state.queue === undefined) return Promise.resolve();
        return new Promise((resolve) => {
          state.waiting ??= [];
          state.waiting.push(resolve);
        });
      },
      end(trailers) {
        if (state.closed || state.trailers !== undefined) return;
        state.trailers = trailers;
        send(state);
      },
      reset: (code) => stop(state, code),
      sendWindow: usualSendWindow,
      receiveWindow: streamWindow,
      taken: 0,
      untaken: 0,
      announced: length === undefined ? undefined : Number(length),
      came: 0,
      queue: undefined,
      trailers: undefined,
      waiting: undefined,
    };
    streams.set(id, state);
    return state;
  }

  function endOfCaller(state: StreamState): void {
    if (state.closed) return;
    state.ended = true;
    if (state.announced !== undefined && state.announced !== state.came) {
      stopForCaller(state, errorCode.protocolError);
      return;
    }
    state.listener.end();
    if (state.answered && state.trailers !== undefined && state.queue === undefined) drop(state);
  }

  /** Frames of what the stream has to say, as far as the windows go. */
  function send(state: StreamState): void {
    const { queue } = state;
    for (let bytes = queue?.[0]; queue !== undefined && bytes !== undefined; bytes = queue[0]) {
      const length = Math.min(bytes.length, frameSize, sendWindow, state.sendWindow);
      if (length <= 0 && bytes.length > 0) {
        blocked.add(state);
        return;
      }
      sendWindow -= length;
      state.sendWindow -= length;
      const isWhole = length === bytes.length;
      if (length > 0) writer.frame(frameType.data, 0, state.id, isWhole ? bytes : bytes.subarray(0, length));
      if (isWhole) queue.shift();
      else queue[0] = bytes.subarray(length);
    }
    state.queue = undefined;
    blocked.delete(state);
    wake(state);
    if (state.trailers === undefined) return;
    writer.headers(state.id, state.trailers, true);
    endOfAnswer(state);
  }

  /** Nothing has to be waited for any longer. */
  function wake(state: StreamState): void {
    const { waiting } = state;
    state.waiting = undefined;
    if (waiting !== undefined) for (const resolve of waiting) resolve();
  }

  function sendBlocked(): void {
    for (const state of [...blocked]) send(state);
  }

  function endOfAnswer(state: StreamState): void {
    state.trailers ??= [];
    if (state.ended) drop(state);
  }

  function credit(state: StreamState, bytes: number): void {
    const now = Math.min(bytes, state.untaken);
    state.untaken -= now;
    creditConnection(now);
    if (state.closed || state.ended) return;
    state.taken += now;
    if (state.taken < streamWindow / 2) return;
    writer.numbers(frameType.windowUpdate, state.id, [state.taken]);
    state.receiveWindow += state.taken;
    state.taken = 0;
  }

  function creditConnection(bytes: number): void {
    taken += bytes;
    if (taken < connectionWindow / 2) return;
    writer.numbers(frameType.windowUpdate, 0, [taken]);
    receiveWindow += taken;
    taken = 0;
  }

  function refuse(id: number, code: number): void {
    countReset();
    writer.numbers(frameType.resetStream, id, [code]);
  }

  function stopForCaller(state: StreamState, code: number): void {
    countReset();
    stop(state, code);
  }

  function stop(state: StreamState, code: number): void {
    if (state.closed) return;
    writer.numbers(frameType.resetStream, state.id, [code]);
    drop(state);
  }

  function countReset(): void {
    const now = performance.now();
    resets = Math.min(resetsAtOnce, resets + ((now - resetsAt) * resetsPerSecond) / 1_000);
    resetsAt = now;
    if (resets < 1) throw new Http2Error(errorCode.enhanceYourCalm, 'too many streams are broken off');
    resets -= 1;
  }

  /** The stream is through. */
  function drop(state: StreamState): void {
    if (state.closed) return;
    state.closed = true;
    streams.delete(state.id);
    blocked.delete(state);
    state.queue = undefined;
    wake(state);
    if (state.untaken > 0) creditConnection(state.untaken);
    state.untaken = 0;
    state.listener.closed();
    endWhenIdle();
  }

  function endWhenIdle(): void {
    if (!closing || streams.size > 0 || over) return;
    process.nextTick(() => {
      writer.flush();
      socket.end();
    });
  }

  function breakOff(code: number): void {
    if (over) return;
    writer.numbers(frameType.goAway, 0, [lastId, code]);
    writer.flush();
    part();
    socket.end();
    // What still comes is nothing to anybody; it is taken in for a moment, so that the caller reads why.
    socket.off('data', onData);
    socket.resume();
    const cut = setTimeout(() => socket.destroy(), partingMs);
    socket.once('close', () => clearTimeout(cut));
  }

  function part(): void {
    over = true;
    writer.fallSilent();
    clearTimeout(late);
    for (const state of [...streams.values()]) drop(state);
  }

  function close(): void {
    if (closing || over) return;
    closing = true;
    writer.numbers(frameType.goAway, 0, [lastId, errorCode.noError]);
    endWhenIdle();
  }

  return {
    close,
    retire() {
      if (closing || over) return;
      // Streams that are on their way are still taken: none of them has a number above this one (RFC 9113, section 6.8).
      writer.numbers(frameType.goAway, 0, [largestWindow, errorCode.noError]);
      writer.frame(frameType.ping, 0, 0, farewell);
    },
    destroy: () => socket.destroy(),
  };
}

function unpadded(flags: number, payload: Buffer): Buffer {
  if ((flags & frameFlag.padded) === 0) return payload;
  const [padding] = payload;
  if (padding === undefined) throw wrongSize();
  if (padding >= payload.length) throw wrong('there is more padding than frame');
  return payload.subarray(1, payload.length - padding);
}

function wrong(what: string): Http2Error {
  return new Http2Error(errorCode.protocolError, what);
}

function wrongSize(): Http2Error {
  return new Http2Error(errorCode.frameSizeError, 'a frame has the wrong size');
}

function tooMuch(): Http2Error {
  return new Http2Error(errorCode.flowControlError, 'more came than was asked for');
}
