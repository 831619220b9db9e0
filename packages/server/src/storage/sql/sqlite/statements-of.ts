import type { Kysely } from 'kysely';
import { statementText } from '../statement-text.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { kyselyOver } from './sqlite-dialect.ts';

/** The statements that work on a schema would run. Needs no database. */
export async function sqliteStatementsOf(
  work: (schema: Kysely<unknown>) => Promise<void>,
): Promise<readonly string[]> {
  const statements: string[] = [];
  const recorder: SqliteConnection = {
    run(text, parameters) {
      statements.push(statementText(text, parameters));
      return { rows: [], changes: undefined };
    },
    inTransaction: true,
    close() {},
  };
  await work(kyselyOver(recorder, () => undefined));
  return statements;
}
