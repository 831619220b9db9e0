import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { SqlDatabase, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type Entry, entriesInOrder } from '../run-entry-store.ts';
import { renewRevisions } from '../run-revision.ts';
import type { RunTables } from '../run-store.ts';
import { settleTogether } from '../settle-together.ts';
import { foldWords, termsOf } from './words.ts';

interface Tables {
  runs: RunTables['runs'] & { words_waiting: number };
  run_texts: { run_id: string; words: string };
  run_text_changes: { id: string; run_id: string };
}

/** The words of runs, as they are searched. */
export interface RunTexts {
  /**
   * To be called in the transaction that writes anything of runs that are there, the first point of a metric included: a narrow
   * row for each run, whatever is written of it. No two writers wait for each other. Who takes it over renews the revision of
   * the run. Of a run that is begun, nothing has to be told; of a later point, who moves the latest value tells.
   */
  changed(tx: SqlTransaction, runIds: readonly string[]): Promise<void>;
  /** To be called in the transaction that begins runs. */
  begun(tx: SqlTransaction): void;
  /**
   * Resolves when all that was written before the call is found by its words: to be awaited before they are searched. On a
   * full disk they stay behind, so that people can still look around.
   */
  settle(): Promise<void>;
}

const changesAtOnce = 200;
// Words are taken over when somebody searches; before that when nobody has written for a moment, or after a while.
const quietMs = 1_000;
const longestMs = 10_000;
// While nobody writes or waits for it, three quarters of the time are for those who ask for something else.
const restsPerTurn = 3;

export function createRunTexts({ sql: database, ids }: { sql: SqlDatabase; ids: IdGenerator }): RunTexts {
  const { manyWriters } = database.capabilities;
  const settle = settleTogether(settleAll);
  let quiet: NodeJS.Timeout | undefined;
  let longest: NodeJS.Timeout | undefined;
  let searching = 0;
  let endRest: (() => void) | undefined;

  /**
   * Once along both lists, each behind the last that was taken over: what is written meanwhile waits for the next time, so that
   * a run that is begun and written of is taken over once, and what is gone is not looked at again.
   */
  async function settleAll(): Promise<void> {
    for (let change = '', run = ''; ; ) {
      const changes = await database
        .query<Tables>()
        .selectFrom('run_text_changes')
        .selectAll()
        .where('id', '>', change)
        .orderBy('id')
        .limit(changesAtOnce)
        .execute();
      const begun = await database
        .query<Tables>()
        .selectFrom('runs')
        .select('id as run_id')
        // As the index has it.
        .where(sql<SqlBool>`words_waiting = 1`)
        .where('id', '>', run)
        .orderBy('id')
        .limit(changesAtOnce)
        .execute();
      change = changes.at(-1)?.id ?? change;
      run = begun.at(-1)?.run_id ?? run;
      const runIds = [...new Set([...changes, ...begun].map(({ run_id }) => run_id))];
      const began = performance.now();
      if (runIds.length > 0) {
        await database.transaction((tx) => takeOver(tx, ids, runIds, changes, manyWriters), {
          isolation: 'read-committed',
          // What is lost with a power cut is taken over again: the change is still there.
          durability: 'lazy',
        });
      }
      if (changes.length < changesAtOnce && begun.length < changesAtOnce) return;
      await giveWay(performance.now() - began);
    }
  }

  /** Others are to have their turn between two transactions. */
  async function giveWay(tookMs: number): Promise<void> {
    if (searching > 0 || quiet !== undefined) return new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restsPerTurn * tookMs).unref();
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    endRest = undefined;
  }

  async function settleAtOnce(): Promise<void> {
    searching++;
    endRest?.();
    try {
      await settle();
    } finally {
      searching--;
    }
  }

  function catchUp(): void {
    clearTimeout(quiet);
    clearTimeout(longest);
    quiet = undefined;
    longest = undefined;
    // The database may be away, or closed; the next who writes or searches does it.
    settle().catch(() => undefined);
  }

  return {
    settle: settleAtOnce,
    async changed(tx, runIds) {
      if (runIds.length === 0) return;
      await tx.forEachRow(
        { id: 'text', run_id: 'text' },
        [...new Set(runIds)].map((runId) => [ids.next('rtc'), runId]),
        ({ value, from }) => sql`
          insert into run_text_changes (id, run_id) select ${value('id')}, ${value('run_id')} ${from} where true`,
      );
      tx.afterCommit(catchUpLater);
    },
    begun: (tx) => tx.afterCommit(catchUpLater),
  };

  function catchUpLater(): void {
    quiet = quiet?.refresh() ?? setTimeout(catchUp, quietMs).unref();
    longest ??= setTimeout(catchUp, longestMs).unref();
  }
}

/** For a `where`: runs in whose name, note, parameters or tags all terms of a query are found. */
export function containsTerms(query: string): RawBuilder<SqlBool> {
  const terms = termsOf(query);
  if (terms.length === 0) return sql<SqlBool>`1 = 0`;
  const found = terms.map((term) => sql<SqlBool>`run_texts.words like ${`%${term}%`}`);
  return sql<SqlBool>`exists (
    select 1 from run_texts where run_texts.run_id = runs.id and ${sql.join(found, sql` and `)})`;
}

async function takeOver(
  tx: SqlTransaction,
  ids: IdGenerator,
  runIds: readonly string[],
  changes: readonly Tables['run_text_changes'][],
  manyWriters: boolean,
): Promise<void> {
  const heads = tx
    .query<Tables>()
    .selectFrom('runs')
    .select(['id', 'name', 'note'])
    .where(tx.isOneOf('id', runIds))
    .orderBy('id');
  // One process after the other takes over a run, so that what is read from here on is not older than what is there.
  const runs = await (manyWriters ? heads.forNoKeyUpdate() : heads).execute();
  const [params, tags] = await Promise.all([
    entriesInOrder(tx, 'run_params', runIds),
    entriesInOrder(tx, 'run_tags', runIds),
  ]);
  await tx.forEachRow(
    { run_id: 'text', words: 'text' },
    runs.map(({ id, name, note }) => [id, wordsOfRun(name, note, params.get(id) ?? [], tags.get(id) ?? [])]),
    ({ value, from }) => sql`
      insert into run_texts (run_id, words) select ${value('run_id')}, ${value('words')} ${from} where true
      on conflict (run_id) do update set words = excluded.words`,
  );
  await renewRevisions(tx, ids, runIds, { words_waiting: 0 });
  await tx
    .query<Tables>()
    .deleteFrom('run_text_changes')
    .where(
      tx.isOneOf(
        'id',
        changes.map(({ id }) => id),
      ),
    )
    .execute();
}

/** Of a value this many characters are searched, of a note more, and of a run what comes first, about the last. */
const mostOfValue = 1_000;
const mostOfNote = 10_000;
const mostOfRun = 50_000;

/** A line for each field, so that words which follow each other are those of one. */
function wordsOfRun(name: string, note: string, params: readonly Entry[], tags: readonly Entry[]): string {
  let words = `${foldWords(name)}\n${foldWords(note.slice(0, mostOfNote))}`;
  for (const entries of [tags, params]) {
    for (const entry of entries) {
      if (words.length > mostOfRun) return words;
      words += `\n${foldWords(`${entry.name} ${entry.value.slice(0, mostOfValue)}`)}`;
    }
  }
  return words;
}
