import { setTimeout as sleep } from 'node:timers/promises';
import type { EsteiraEvent, EventPayloads, EventType } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { LeaseHold, Leases } from '../sql/lease.ts';
import type { SqlDatabase, SqlTransaction } from '../sql/sql-database.ts';
import {
  eventsAfter,
  eventsOfWorkspace,
  forgetEvents,
  hasEventsAfter,
  insertEvents,
  moveCursor,
  openCursor,
} from './event-store.ts';

type EventOf<T extends EventType> = Extract<EsteiraEvent, { type: T }>;

/**
 * News told upward. An event is part of the transaction of the change it reports; each named subscriber gets it after the
 * commit, at least once, in the order of commits. A listener that throws is tried again with growing pauses, holds back
 * only its own later events, and after a restart goes on where it was. Of several processes on a database one delivers; a
 * listener that is to reach something in every process announces it there (`SqlDatabase.listen`).
 */
export interface EventBus {
  emit<T extends EventType>(
    tx: SqlTransaction,
    context: RequestContext,
    type: T,
    payload: EventPayloads[T],
  ): Promise<void>;
  /** Several events of a type in their order, for little more than one costs. */
  emitAll<T extends EventType>(
    tx: SqlTransaction,
    type: T,
    news: readonly { readonly context: RequestContext; readonly payload: EventPayloads[T] }[],
  ): Promise<void>;
  /** At composition only, before `start`. `name` is permanent: the place in the events is kept under it. */
  subscribe<T extends EventType>(
    type: T,
    name: string,
    listener: (event: EventOf<T>, signal: AbortSignal) => Promise<void>,
  ): void;
  start(): Promise<void>;
  /** Forgets events that are older than `before` (ms) and behind every subscriber; returns how many. */
  forget(before: number, signal: AbortSignal): Promise<number>;
  /** Aborts the signal of running listeners and waits for them. */
  stop(): Promise<void>;
  /** Who subscribed to what. */
  subscribers(): readonly { readonly name: string; readonly type: EventType }[];
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
  /** Set while events wait for a transaction that began before theirs and has not ended. */
  lookingAgain: NodeJS.Timeout | undefined;
}

const batchSize = 100;
const unsettledPauseMs = 25;
const failurePauseMs = 1_000;

export function createEventBus(deps: {
  database: SqlDatabase;
  clock: Clock;
  ids: IdGenerator;
  logger: Logger;
  /** Decides which of several processes delivers. Without it, this one does. */
  leases?: Leases;
  /** Pause in ms before the next try, given how many failed. */
  retryDelay?: (failures: number) => number;
  /** How often events of other processes are looked for in case their announcement was lost, ms; 2,000 unless given. */
  poll?: number;
}): EventBus {
  const { database, clock, ids, logger } = deps;
  const retryDelay = deps.retryDelay ?? ((failures) => Math.min(60_000, 100 * 2 ** (failures - 1)));
  const subscribers: Subscriber[] = [];
  const stopping = new AbortController();
  let started = false;
  let hold: LeaseHold | undefined;
  let endListening = (): void => {};
  /** While this process delivers: aborts when it has to stop. */
  let duty: AbortSignal | undefined;

  function wake(subscriber: Subscriber): void {
    if (duty === undefined || duty.aborted) return;
    subscriber.behind = true;
    subscriber.delivering ??= deliver(subscriber, duty);
  }

  function wakeAll(type = ''): void {
    for (const subscriber of subscribers) if (type === '' || subscriber.type === type) wake(subscriber);
  }

  /** Delivers until the signal aborts. */
  async function deliverWhile(signal: AbortSignal): Promise<void> {
    await openCursors();
    duty = signal;
    wakeAll();
    const poll = database.capabilities.manyWriters
      ? setInterval(wakeAll, deps.poll ?? 2_000).unref()
      : undefined;
    await aborted(signal);
    clearInterval(poll);
    for (const subscriber of subscribers) clearTimeout(subscriber.lookingAgain);
    await Promise.all(subscribers.map(({ delivering }) => delivering));
    duty = undefined;
  }

  async function openCursors(): Promise<void> {
    await database.transaction(async (tx) => {
      for (const subscriber of subscribers) subscriber.position = await openCursor(tx, subscriber.name);
    });
  }

  async function deliver(subscriber: Subscriber, signal: AbortSignal): Promise<void> {
    try {
      while (subscriber.behind && !signal.aborted) {
        subscriber.behind = false;
        await deliverBehind(subscriber, signal);
      }
      await lookAgainWhileUnsettled(subscriber);
    } catch (error) {
      logger.error({ err: error, subscriber: subscriber.name }, 'events could not be delivered');
      lookAgain(subscriber, failurePauseMs);
    } finally {
      subscriber.delivering = undefined;
      if (subscriber.behind) wake(subscriber);
    }
  }

  async function deliverBehind(subscriber: Subscriber, signal: AbortSignal): Promise<void> {
    for (;;) {
      const batch = await eventsAfter(database, subscriber.type, subscriber.position, batchSize);
      for (const { position, event } of batch) {
        if (!(await deliverOne(subscriber, event, signal))) return;
        await database.transaction((tx) => moveCursor(tx, subscriber.name, position), {
          isolation: 'read-committed',
          // A cursor that is behind delivers again, as it may after any end of the process.
          durability: 'lazy',
        });
        subscriber.position = position;
      }
      if (batch.length < batchSize) return;
    }
  }

  /** The transaction that others wait for may end without news of its own. */
  async function lookAgainWhileUnsettled(subscriber: Subscriber): Promise<void> {
    if (!database.capabilities.manyWriters) return;
    // What was settled since it was read is behind this place as well.
    if (await hasEventsAfter(database, subscriber.type, subscriber.position)) {
      lookAgain(subscriber, unsettledPauseMs);
    }
  }

  function lookAgain(subscriber: Subscriber, pauseMs: number): void {
    clearTimeout(subscriber.lookingAgain);
    subscriber.lookingAgain = setTimeout(() => {
      subscriber.lookingAgain = undefined;
      wake(subscriber);
    }, pauseMs).unref();
  }

  /** False when the bus was stopped before the listener accepted the event. */
  async function deliverOne(
    subscriber: Subscriber,
    event: EsteiraEvent,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let failures = 0; ; ) {
      if (signal.aborted) return false;
      try {
        await subscriber.listener(event, signal);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        failures++;
        logger.warn(
          { err: error, subscriber: subscriber.name, event: event.id, failures },
          'a listener of events failed and will be tried again',
        );
        await sleep(retryDelay(failures), undefined, { signal: signal, ref: false }).catch(() => undefined);
      }
    }
  }

  const emitAll: EventBus['emitAll'] = async (tx, type, news) => {
    if (news.length === 0) return;
    const at = clock.now();
    const events = news.map(({ context, payload }) => {
      const { workspace, actor } = context;
      return { id: ids.next('evt'), workspace, type, at, actor: actor.id, payload } as EsteiraEvent;
    });
    await insertEvents(tx, events);
    tx.announce('events', type);
  };

  return {
    emit: (tx, context, type, payload) => emitAll(tx, type, [{ context, payload }]),
    emitAll,

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
        lookingAgain: undefined,
      });
    },

    subscribers: () => subscribers.map(({ name, type }) => ({ name, type })),

    async start() {
      // On record before any event that a new subscriber is to be told, whoever delivers it.
      await openCursors();
      started = true;
      endListening = database.listen('events', wakeAll);
      if (deps.leases === undefined) {
        void deliverWhile(stopping.signal);
        return;
      }
      hold = deps.leases.hold('events', ({ signal }) =>
        deliverWhile(AbortSignal.any([signal, stopping.signal])),
      );
      await hold.asked;
    },

    async stop() {
      endListening();
      stopping.abort();
      await Promise.all(subscribers.map(({ delivering }) => delivering));
      await hold?.stop();
    },

    async idle() {
      for (;;) {
        const working = subscribers.flatMap(({ delivering }) =>
          delivering === undefined ? [] : [delivering],
        );
        const waiting = subscribers.some(({ lookingAgain }) => lookingAgain !== undefined);
        const beginning = started && duty === undefined && hold === undefined && !stopping.signal.aborted;
        if (working.length === 0 && !waiting && !beginning) return;
        await Promise.all(working);
        if (waiting || beginning) await sleep(1);
      }
    },

    forget: (before, signal) =>
      forgetEvents(database, { before, subscribers: subscribers.map(({ name }) => name) }, signal),

    recent: (workspace, page) => eventsOfWorkspace(database, workspace, page),
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
