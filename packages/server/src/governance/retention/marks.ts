import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What a collection has found to be in use: kept in a file of its own, since there may be many millions. */
export interface Marks {
  /**
   * Marks content. `true` when whoever calls has to look into it: it is a directory that was not marked as one before.
   * The first label of a content stays.
   */
  addContent(digest: string, type: 'file' | 'directory', label: string): boolean;
  /** The label of marked content. */
  contentLabel(digest: string): string | undefined;
  contentCount(): number;
  /** Marks a thing; false when it was marked before, whose label stays. */
  addThing(id: string, label: string): boolean;
  thingLabel(id: string): string | undefined;
  close(): void;
}

const walkedBit = 1;

/** Opens an empty set of marks below `directory`; `close` removes its file. A crash leaves a file that the next one removes. */
export function openMarks(directory: string): Marks {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(directory, 'marks-'));
  const database = new DatabaseSync(join(folder, 'marks.sqlite'));
  // Nothing in it outlives the collection, so nothing needs to be safe: one transaction that is never committed.
  database.exec(`pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -16384;
    create table content (digest blob primary key, label integer not null) without rowid;
    create table things (id text primary key, label integer not null) without rowid;
    begin`);
  const addContent = database.prepare('insert into content values (?, ?) on conflict do nothing');
  const findContent = database.prepare('select label from content where digest = ?');
  const walkContent = database.prepare(`update content set label = label | ${walkedBit} where digest = ?`);
  const addThing = database.prepare('insert into things values (?, ?) on conflict do nothing');
  const findThing = database.prepare('select label from things where id = ?');
  const numbers = new Map<string, number>();
  const labels: string[] = [];
  let count = 0;

  function numberOf(label: string): number {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    numbers.set(label, labels.length);
    return labels.push(label) - 1;
  }

  function labelFound(row: unknown): number | undefined {
    const value = typeof row === 'object' && row !== null && 'label' in row ? row.label : undefined;
    return typeof value === 'number' ? value : undefined;
  }

  return {
    addContent(digest, type, label) {
      const key = Buffer.from(digest.slice('sha256:'.length), 'hex');
      const isDirectory = type === 'directory';
      const added = addContent.run(key, numberOf(label) * 2 + (isDirectory ? walkedBit : 0)).changes > 0;
      if (added) {
        count++;
        return isDirectory;
      }
      if (!isDirectory || ((labelFound(findContent.get(key)) ?? 0) & walkedBit) === walkedBit) return false;
      walkContent.run(key);
      return true;
    },
    contentLabel(digest) {
      const found = labelFound(findContent.get(Buffer.from(digest.slice('sha256:'.length), 'hex')));
      return found === undefined ? undefined : labels[found >> 1];
    },
    contentCount: () => count,
    addThing: (id, label) => addThing.run(id, numberOf(label)).changes > 0,
    thingLabel(id) {
      const found = labelFound(findThing.get(id));
      return found === undefined ? undefined : labels[found];
    },
    close() {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
