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
  rows: number;
  firstTime: number;
  lastTime: number;
}

// Steady traffic is shipped several times a second, and an event each time would outgrow the log it speaks of.
const pauseMs = 10_000;

export function createPredictionAnnouncements(deps: {
  readonly events: Pick<EventBus, 'emit'>;
  readonly clock: Clock;
}): PredictionAnnouncements {
  const toldAt = new Map<string, number>();
  const untold = new Map<string, Untold>();
  return {
    async tell(tx, context, parts) {
      const endpoints = new Set(parts.map(({ endpoint }) => endpoint));
      for (const { endpoint, rows, timeMin, timeMax } of parts) {
        const key = `${context.workspace} ${endpoint}`;
        const before = untold.get(key);
        untold.set(key, {
          rows: (before?.rows ?? 0) + rows,
          firstTime: Math.min(before?.firstTime ?? timeMin, timeMin),
          lastTime: Math.max(before?.lastTime ?? timeMax, timeMax),
        });
      }
      const now = deps.clock.now();
      for (const endpoint of endpoints) {
        const key = `${context.workspace} ${endpoint}`;
        const waiting = untold.get(key);
        if (waiting === undefined || now - (toldAt.get(key) ?? -Infinity) < pauseMs) continue;
        await deps.events.emit(tx, context, 'predictions.logged', { endpoint, ...waiting });
        tx.afterCommit(() => {
          toldAt.set(key, now);
          untold.delete(key);
        });
      }
    },
  };
}
