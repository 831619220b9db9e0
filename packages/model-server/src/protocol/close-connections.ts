import type { Server as HttpServer } from 'node:http';
import { Server as SocketServer } from 'node:net';
import { setImmediate as afterPoll, setTimeout as pause } from 'node:timers/promises';
import { countConnections } from './listen-on-sockets.ts';

/** A connection made a moment ago has sent nothing yet, and is not to be taken for an idle one. */
const freshMs = 1_000;
const stepMs = 20;
/** The event loop takes one connection of the socket's queue in each turn. */
const turnsToEmptyTheQueue = 200;

/**
 * Ends the connections of servers: no new ones from now on, idle ones at once, busy ones when their answer is out, what is
 * left after `patienceMs` by force. `busy` says that clients went on asking to the last: then connections that were made
 * a moment ago get the time to send their request.
 */
export async function closeConnections(
  servers: readonly HttpServer[],
  options: {
    readonly patienceMs: number;
    readonly busy: boolean;
    /** What hands connections to the servers beside their own sockets; none unless given. */
    readonly listeners?: readonly SocketServer[];
    readonly monotonic: () => number;
    /** No new connections are taken any longer. */
    readonly onTurnedAway: () => void;
  },
): Promise<void> {
  const { monotonic, listeners = [] } = options;
  const all = [...servers, ...listeners];
  // Who waits in the queue of the socket would be cut off by closing it.
  for (let turn = 0; turn < turnsToEmptyTheQueue && options.busy; turn++) await afterPoll();
  // Not the method of the HTTP server, which ends fresh connections too.
  for (const server of all) SocketServer.prototype.close.call(server);
  options.onTurnedAway();
  const deadline = monotonic() + options.patienceMs;
  const idleAt = Math.min(deadline, monotonic() + (options.busy ? freshMs : 0));
  while (monotonic() < deadline && (await countConnections(all)) > 0) {
    if (monotonic() >= idleAt) for (const server of servers) server.closeIdleConnections();
    await pause(stepMs);
  }
  for (const server of servers) server.closeAllConnections();
}
