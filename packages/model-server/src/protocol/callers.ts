import { hash } from 'node:crypto';

/** A connection, as far as it tells callers apart. */
interface Connection {
  readonly remoteAddress?: string | undefined;
}

/** Who asks the endpoints in development: distinct keys and addresses by day, told once each. */
export interface Callers {
  /** Costs a look-up where the connection was noted before. */
  note(endpoint: string, keyId: string, connection: Connection): void;
  /** Those that are new since the last call, as digests that give neither key nor address away to a reader. */
  read(): ReadonlyMap<string, readonly { readonly day: string; readonly caller: string }[]>;
}

const mostOfDay = 1_000;

/**
 * Counts callers from requests. Behind a proxy all share its address, and keys alone tell them apart. Of more than 1,000 in a
 * day at one endpoint the others are not told: that is production by any measure.
 */
export function createCallers(deps: { readonly now: () => number }): Callers {
  let day = dayOf(deps.now());
  let noted = new WeakMap<Connection, Set<string>>();
  let seen = new Map<string, Set<string>>();
  let fresh = new Map<string, { day: string; caller: string }[]>();

  return {
    note(endpoint, keyId, connection) {
      const place = `${endpoint} ${keyId}`;
      const known = noted.get(connection);
      if (known?.has(place)) return;
      if (known === undefined) noted.set(connection, new Set([place]));
      else known.add(place);
      const caller = hash('sha256', `${keyId} ${connection.remoteAddress ?? ''}`).slice(0, 24);
      const callers = seen.get(endpoint) ?? new Set();
      seen.set(endpoint, callers);
      if (callers.has(caller) || callers.size >= mostOfDay) return;
      callers.add(caller);
      const list = fresh.get(endpoint) ?? [];
      fresh.set(endpoint, list);
      list.push({ day, caller });
    },
    read() {
      const told = fresh;
      fresh = new Map();
      const today = dayOf(deps.now());
      if (today !== day) {
        day = today;
        noted = new WeakMap();
        seen = new Map();
      }
      return told;
    },
  };
}

function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}
