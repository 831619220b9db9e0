import type { CompiledQuery, Kysely } from 'kysely';
import { statementText } from '../statement-text.ts';
import { kyselyOver } from './postgres-dialect.ts';

/** The statements that work on a schema would run. Needs no server. */
export async function postgresStatementsOf(
  work: (schema: Kysely<unknown>) => Promise<void>,
): Promise<readonly string[]> {
  const statements: string[] = [];
  const record = (query: CompiledQuery) => {
    statements.push(statementText(query.sql, query.parameters));
    return { rows: [], changes: undefined };
  };
  await work(kyselyOver({ run: async (query) => record(query), stream: async function* () {} }));
  return statements;
}
