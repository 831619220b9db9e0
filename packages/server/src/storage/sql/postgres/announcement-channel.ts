import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../../kernel/logger.ts';
import type { Announcement } from '../topic-listeners.ts';
import type { PostgresConnection } from './postgres-connection.ts';

// The server takes payloads below 8,000 bytes. https://www.postgresql.org/docs/current/sql-notify.html
const maxPayload = 7_900;
const channel = 'esteira';
/** Told when news was dropped: whoever hears it looks for itself. */
const lookForYourself = '*';
const heartbeatMs = 15_000;
// Every message wakes every process that listens: what comes this soon after one waits for the next.
const restMs = 5;
// News that waits for a session; beyond it everyone is told to look.
const maxWaiting = 1_000;

/**
 * News between processes over LISTEN and NOTIFY on a session of its own, opened when first needed and opened again when
 * lost. News goes out after its commit: NOTIFY inside a transaction takes a lock over the whole commit, so that writers
 * would wait for each other. What comes while one message is on its way, or right behind it, goes out in the next.
 */
export function createAnnouncementChannel(deps: {
  open: () => Promise<PostgresConnection>;
  logger: Logger;
  hear: (announcement: Announcement) => void;
  /** News may have been missed. */
  hearAll: () => void;
  pause: (failures: number) => Promise<void>;
}) {
  const { logger } = deps;
  const outgoing = new Map<string, Announcement>();
  let running: Promise<void> | undefined;
  let session: PostgresConnection | undefined;
  let dropped = false;
  let sending: Promise<void> | undefined;
  let scheduled = false;
  let closed = false;

  function start(): Promise<void> {
    running ??= keepListening();
    return running;
  }

  async function keepListening(): Promise<void> {
    let failures = 0;
    while (!closed) {
      try {
        const connection = await deps.open();
        const lost = new Promise<void>((resolve) => connection.onLost(resolve));
        connection.onNotice(({ payload }) => hearPayload(payload));
        // Its commits take the disk's time from those that have something to keep; news does not outlive the server anyway.
        await connection.runAll('set synchronous_commit = off');
        await connection.runAll(`listen ${channel}`);
        if (closed) return await connection.close();
        session = connection;
        failures = 0;
        // What was told before this session listened, the first as well, nobody here has heard.
        deps.hearAll();
        sendSoon();
        const heartbeat = setInterval(() => void beat(connection), heartbeatMs);
        heartbeat.unref();
        await lost;
        clearInterval(heartbeat);
      } catch (error) {
        logger.warn({ err: error }, 'the session that hears of changes could not be opened');
      }
      session = undefined;
      if (closed) return;
      failures++;
      await deps.pause(failures);
    }
  }

  // A session whose peer has vanished looks open for minutes.
  async function beat(connection: PostgresConnection): Promise<void> {
    const given = setTimeout(() => void connection.close(), heartbeatMs / 3);
    given.unref();
    await connection.run('select 1', []).catch(() => connection.close());
    clearTimeout(given);
  }

  function hearPayload(payload: string): void {
    if (payload === lookForYourself) deps.hearAll();
    else hearNews(JSON.parse(payload) as [Announcement['topic'], string][]);
  }

  function hearNews(news: readonly (readonly [Announcement['topic'], string])[]): void {
    for (const [topic, message] of news) {
      deps.hear({ topic, message });
    }
  }

  function sendSoon(): void {
    // Without a session the news waits until there is one.
    if (scheduled || sending !== undefined || session === undefined) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      sending = sendAll().finally(() => {
        sending = undefined;
      });
    });
  }

  async function sendAll(): Promise<void> {
    while (session !== undefined && (outgoing.size > 0 || dropped)) {
      const payloads = dropped ? [lookForYourself] : toPayloads([...outgoing.values()]);
      outgoing.clear();
      dropped = false;
      try {
        await session.run('select pg_notify($1, payload) from unnest($2::text[]) as payload', [
          channel,
          payloads,
        ]);
      } catch {
        // Nobody knows what arrived.
        dropped = true;
        return;
      }
      await sleep(restMs);
    }
  }

  return {
    /** Hears from now on. */
    start: () => void start(),

    /** Tells every other process, soon. */
    send(announcements: readonly Announcement[]): void {
      for (const news of announcements) outgoing.set(`${news.topic} ${news.message}`, news);
      if (outgoing.size > maxWaiting) {
        outgoing.clear();
        dropped = true;
      }
      void start();
      sendSoon();
    },

    async close(): Promise<void> {
      closed = true;
      await sending;
      await session?.close();
    },
  };
}

function toPayloads(announcements: readonly Announcement[]): string[] {
  const payloads: string[] = [];
  let parts: string[] = [];
  let size = 2;
  for (const { topic, message } of announcements) {
    const part = JSON.stringify([topic, message]);
    const bytes = Buffer.byteLength(part) + 1;
    if (size + bytes > maxPayload) {
      payloads.push(`[${parts.join(',')}]`);
      parts = [];
      size = 2;
    }
    parts.push(part);
    size += bytes;
  }
  payloads.push(`[${parts.join(',')}]`);
  return payloads;
}
