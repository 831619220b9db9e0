import { setTimeout as sleep } from 'node:timers/promises';
import type { EsteiraEvent, EventPayloads, EventType } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { SqlDatabase, SqlTransaction } from '../sql/sql-database.ts';
import { eventsAfter, eventsOfWorkspace, insertEvent, moveCursor, openCursor } from './event-store.ts';

type EventOf<T extends EventType> = Extract<EsteiraEvent, { type: T }>;

/**
 * News told upward. An event is part of the transaction of the change it reports; each named subscriber gets it after the
 * commit, at least once, in the order of commits. A listener that throws is tried again with growing pauses, holds back
 * only its own later events, and after a restart goes on where it was.
 */
export interface EventBus {
  emit<T extends EventType>(
    tx: SqlTransaction,
    context: RequestContext,
    type: T,
    payload: EventPayloads[T],
  ): Promise<void>;
  /** At composition only, before `start`. `name` is permanent: the place in the events is kept under it. */
  subscribe<T extends EventType>(
    type: T,
    name: string,
    listener: (event: EventOf<T>, signal: AbortSignal) => Promise<void>,
  ): void;
  start(): Promise<void>;
  /** Aborts the signal of running listeners and waits for them. */
  stop(): Promise<void>;
  /** Resolves when every subscriber has been given every event committed before. */
  idle(): Promise<void>;
  /** Events of a workspace in order: those behind the event `after`, or the newest `limit`. */
  recent(workspace: string, page: { after?: string; limit: number }): Promise<readonly EsteiraEvent[]>;
}

interface Subscriber {
  readonly type: EventType;
  readonly name: string;
  readonly listener: (event: EsteiraEvent, signal: AbortSignal) => Promise<void>;
  position: number;
  behind: boolean;
  delivering: Promise<void> | undefined;
}

const batchSize = 100;

export function createEventBus(deps: {
  database: SqlDatabase;
  clock: Clock;
  ids: IdGenerator;
  logger: Logger;
  /** Pause in ms before the next try, given how many failed. */
  retryDelay?: (failures: number) => number;
}): EventBus {
  const { database, clock, ids, logger } = deps;
  const retryDelay = deps.retryDelay ?? ((failures) => Math.min(60_000, 100 * 2 ** (failures - 1)));
  const subscribers: Subscriber[] = [];
  const stopping = new AbortController();
  let started = false;

  function wake(subscriber: Subscriber): void {
    if (!started || stopping.signal.aborted) return;
    subscriber.behind = true;
    subscriber.delivering ??= deliver(subscriber);
  }

  async function deliver(subscriber: Subscriber): Promise<void> {
    try {
      while (subscriber.behind && !stopping.signal.aborted) {
        subscriber.behind = false;
        await deliverBehind(subscriber);
      }
    } catch (error) {
      // The database itself failed; the next event wakes the subscriber again.
      logger.error({ err: error, subscriber: subscriber.name }, 'events could not be delivered');
    } finally {
      subscriber.delivering = undefined;
    }
  }

  async function deliverBehind(subscriber: Subscriber): Promise<void> {
    for (;;) {
      const batch = await eventsAfter(database, subscriber.type, subscriber.position, batchSize);
      for (const { position, event } of batch) {
        if (!(await deliverOne(subscriber, event))) return;
        await database.transaction((tx) => moveCursor(tx, subscriber.name, position));
        subscriber.position = position;
      }
      if (batch.length < batchSize) return;
    }
  }

  /** False when the bus was stopped before the listener accepted the event. */
  async function deliverOne(subscriber: Subscriber, event: EsteiraEvent): Promise<boolean> {
    for (let failures = 0; ; ) {
      if (stopping.signal.aborted) return false;
      try {
        await subscriber.listener(event, stopping.signal);
        return true;
      } catch (error) {
        if (stopping.signal.aborted) return false;
        failures++;
        logger.warn(
          { err: error, subscriber: subscriber.name, event: event.id, failures },
          'a listener of events failed and will be tried again',
        );
        await sleep(retryDelay(failures), undefined, { signal: stopping.signal, ref: false }).catch(
          () => undefined,
        );
      }
    }
  }

  return {
    async emit(tx, context, type, payload) {
      const { workspace, actor } = context;
      const event = { id: ids.next('evt'), workspace, type, at: clock.now(), actor: actor.id, payload };
      await insertEvent(tx, event as EsteiraEvent);
      tx.afterCommit(() => {
        for (const subscriber of subscribers) if (subscriber.type === type) wake(subscriber);
      });
    },

    subscribe(type, name, listener) {
      if (started) throw new Error(`The subscriber ${name} came after the bus was started.`);
      if (subscribers.some((known) => known.name === name))
        throw new Error(`Two subscribers are named ${name}.`);
      subscribers.push({
        type,
        name,
        listener: listener as Subscriber['listener'],
        position: 0,
        behind: false,
        delivering: undefined,
      });
    },

    async start() {
      await database.transaction(async (tx) => {
        for (const subscriber of subscribers) subscriber.position = await openCursor(tx, subscriber.name);
      });
      started = true;
      for (const subscriber of subscribers) wake(subscriber);
    },

    async stop() {
      stopping.abort();
      await Promise.all(subscribers.map((subscriber) => subscriber.delivering));
    },

    async idle() {
      while (subscribers.some((subscriber) => subscriber.delivering !== undefined)) {
        await Promise.all(subscribers.map((subscriber) => subscriber.delivering));
      }
    },

    recent: (workspace, page) => eventsOfWorkspace(database, workspace, page),
  };
}
