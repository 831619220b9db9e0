import { lookup } from 'node:dns/promises';
import { BoundSocket, createServer } from 'node:net';
import { bindPatiently } from '../bind-patiently.ts';

/** A port that several processes listen on, by sockets that outlive each of them. */
export interface SharedPort {
  readonly port: number;
  /** Of the sockets. A process that inherits them listens on them and takes what waits there. */
  readonly descriptors: readonly number[];
  /** From then on the port is free once the last process that listens has ended. */
  close(): void;
}

/**
 * A turn of an event loop takes one connection of each socket it listens on, and answers all that the connections it has
 * already ask. When a process dies its callers come to the others at once, and from a single socket the last of 64 would be taken
 * after 64 such turns.
 */
const socketsOfPort = 16;

/**
 * Binds a port; 0 takes a free one. Whoever waits in the queue of a socket is taken by any process that listens on it: what waited
 * when one of them died is lost only where nobody else has the socket, and whoever opens the port has it too. Throws when a
 * stranger has the port for longer than a predecessor may need to end.
 */
export async function openSharedPort(host: string, port: number): Promise<SharedPort> {
  const { address } = await lookup(host || '::');
  // Sharing a port with a stranger would go unnoticed, so it is tried alone first.
  if (port !== 0) await bindPatiently(() => bindAlone(address, port));
  const first = new BoundSocket({ host: address, port, reusePort: true });
  const { port: bound } = first.address();
  const sockets = [first];
  while (sockets.length < socketsOfPort)
    sockets.push(new BoundSocket({ host: address, port: bound, reusePort: true }));
  return {
    port: bound,
    descriptors: sockets.map((socket) => socket.fd()),
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}

async function bindAlone(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
