import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { EventBus } from '../../storage/events/event-bus.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { PredictionPart } from './part-store.ts';

/** Tells upward that predictions were logged: at once, then at most every ten seconds for an endpoint. */
export interface PredictionAnnouncements {
  tell(tx: SqlTransaction, context: RequestContext, parts: readonly PredictionPart[]): Promise<void>;
}

interface Untold {
  readonly rows: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

// Steady traffic is shipped several times a second, and an event each time would outgrow the log it speaks of.
const pauseMs = 10_000;

export function createPredictionAnnouncements(deps: {
  readonly events: Pick<EventBus, 'emit'>;
  readonly clock: Clock;
}): PredictionAnnouncements {
  const toldAt = new Map<string, number>();
  const untold = new Map<string, Set<Untold>>();
  return {
    async tell(tx, context, parts) {
      const now = deps.clock.now();
      for (const endpoint of new Set(parts.map((part) => part.endpoint))) {
        const key = `${context.workspace} ${endpoint}`;
        const own = parts
          .filter((part) => part.endpoint === endpoint)
          .map(({ rows, timeMin, timeMax }) => ({ rows, firstTime: timeMin, lastTime: timeMax }));
        // What is noted changes after the commit alone, since a transaction may run twice.
        const waiting = untold.get(key) ?? new Set();
        if (now - (toldAt.get(key) ?? -Infinity) < pauseMs) {
          tx.afterCommit(() => untold.set(key, new Set([...(untold.get(key) ?? []), ...own])));
          continue;
        }
        const told = [...waiting, ...own];
        await deps.events.emit(tx, context, 'predictions.logged', { endpoint, ...together(told) });
        tx.afterCommit(() => {
          toldAt.set(key, now);
          untold.set(key, new Set([...(untold.get(key) ?? [])].filter((one) => !told.includes(one))));
        });
      }
    },
  };
}

function together(untold: readonly Untold[]): Untold {
  return {
    rows: untold.reduce((sum, { rows }) => sum + rows, 0),
    firstTime: Math.min(...untold.map(({ firstTime }) => firstTime)),
    lastTime: Math.max(...untold.map(({ lastTime }) => lastTime)),
  };
}
