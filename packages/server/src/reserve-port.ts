import { createServer } from 'node:net';

/** A port that nobody else is given until it is released. */
export interface ReservedPort {
  readonly port: number;
  release(): Promise<void>;
}

/**
 * Keeps a port of `host` for a process that listens later: where any will do (0) it is chosen now, so that it can be
 * announced, and held, so that no other process and no outgoing connection is given it meanwhile. A port that somebody has
 * named is theirs to keep free.
 */
export async function reservePort(wanted: number, host: string): Promise<ReservedPort> {
  if (wanted !== 0) return { port: wanted, release: async () => {} };
  const holder = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.listen(0, host, resolve);
  });
  holder.unref();
  const address = holder.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    release: () => new Promise((resolve) => holder.close(() => resolve())),
  };
}
