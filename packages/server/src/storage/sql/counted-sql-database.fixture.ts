import type { KyselyPlugin } from 'kysely';
import type { SqlDatabase, SqlTransaction } from './sql-database.ts';

/** A database, and the kinds of the statements that were sent through it: those of Kysely, or `rows` for one of many rows. */
export function countStatements(database: SqlDatabase): {
  readonly counted: SqlDatabase;
  readonly statements: string[];
} {
  const statements: string[] = [];
  const counting: KyselyPlugin = {
    transformQuery({ node }) {
      statements.push(node.kind);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const counted: SqlDatabase = {
    ...database,
    query: <Tables>() => database.query<Tables>().withPlugin(counting),
    transaction: (body, options) => database.transaction((tx) => body(countedTransaction(tx)), options),
  };
  function countedTransaction(tx: SqlTransaction): SqlTransaction {
    return {
      ...tx,
      query: <Tables>() => tx.query<Tables>().withPlugin(counting),
      forEachRow(columns, rows, statement, options) {
        if (rows.length > 0) statements.push('rows');
        return tx.forEachRow(columns, rows, statement, options);
      },
    };
  }
  return { counted, statements };
}
