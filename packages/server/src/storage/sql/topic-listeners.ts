import type { Logger } from '../../kernel/logger.ts';
import type { SqlTopic } from './sql-database.ts';

type TopicListener = (message: string) => void;

/** An announcement as a transaction collects it, told once the transaction is committed. */
export interface Announcement {
  readonly topic: SqlTopic;
  readonly message: string;
}

/** The listeners of this process. One that throws is logged and holds back no other. */
export function createTopicListeners(logger: Logger) {
  const listeners = new Map<SqlTopic, Set<TopicListener>>();

  function listen(topic: SqlTopic, listener: TopicListener): () => void {
    const known = listeners.get(topic) ?? new Set();
    listeners.set(topic, known);
    // Wrapped, so that a function given twice is called twice and each can be taken away alone.
    const own: TopicListener = (message) => listener(message);
    known.add(own);
    return () => void known.delete(own);
  }

  function tell({ topic, message }: Announcement): void {
    for (const listener of [...(listeners.get(topic) ?? [])]) {
      try {
        listener(message);
      } catch (error) {
        logger.error({ err: error, topic }, 'a listener of announcements failed');
      }
    }
  }

  return {
    listen,
    tell,
    /** Wakes every listener with an empty message: something may have been missed. */
    tellAll() {
      for (const topic of listeners.keys()) tell({ topic, message: '' });
    },
  };
}

const maxMessage = 500;

/** Notes an announcement; the length is bounded because engines bound it. */
export function noteAnnouncement(notes: Announcement[], topic: SqlTopic, message = ''): void {
  if (message.length > maxMessage) throw new Error(`An announcement holds at most ${maxMessage} characters.`);
  notes.push({ topic, message });
}
