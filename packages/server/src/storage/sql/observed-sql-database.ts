import { currentActivity, withinActivity } from '../../kernel/activity.ts';
import { type Meter, secondsBuckets } from '../../kernel/meter.ts';
import type { Tracer } from '../../kernel/tracer.ts';
import type { SqlDatabase, SqlTransaction } from './sql-database.ts';

/**
 * A database whose transactions are counted, timed and traced. An engine may run the bodies of several callers together, so
 * each body is given back the activity and the span of its own caller, and what follows a commit belongs to neither.
 */
export function observeSqlDatabase(
  database: SqlDatabase,
  deps: { readonly meter: Meter; readonly tracer: Tracer },
): SqlDatabase {
  const { meter, tracer } = deps;
  const transactions = meter.counter({
    name: 'esteira_sql_transactions_total',
    help: 'Transactions that ended, by outcome.',
    labels: ['outcome'],
  });
  const retries = meter.counter({
    name: 'esteira_sql_transaction_retries_total',
    help: 'Further runs of transactions that collided with others.',
    labels: [],
  });
  const seconds = meter.histogram({
    name: 'esteira_sql_transaction_duration_seconds',
    help: 'Time from asking for a transaction to its durable end.',
    labels: [],
    buckets: secondsBuckets,
  });
  const commitSeconds = meter.histogram({
    name: 'esteira_sql_commit_duration_seconds',
    help: 'Time from the end of a transaction’s last statement to its being durable.',
    labels: [],
    buckets: secondsBuckets,
  });

  function run<R>(
    body: (tx: SqlTransaction) => Promise<R>,
    options: Parameters<SqlDatabase['transaction']>[1],
  ): Promise<R> {
    const activity = currentActivity();
    const inCallersSpan = tracer.capture();
    return database.transaction(
      (tx) => withinActivity(activity, () => inCallersSpan(() => body(withDetachedListeners(tx, tracer)))),
      options,
    );
  }

  async function measured<R>(
    body: (tx: SqlTransaction) => Promise<R>,
    options: Parameters<SqlDatabase['transaction']>[1],
  ): Promise<R> {
    const began = performance.now();
    let bodyEnded = began;
    let runs = 0;
    try {
      const result = await run(async (tx) => {
        if (runs++ > 0) retries.add({});
        const value = await body(tx);
        bodyEnded = performance.now();
        return value;
      }, options);
      const ended = performance.now();
      transactions.add({ outcome: 'committed' });
      seconds.observe({}, (ended - began) / 1000);
      commitSeconds.observe({}, (ended - bodyEnded) / 1000);
      return result;
    } catch (error) {
      transactions.add({ outcome: 'failed' });
      throw error;
    }
  }

  const transact = meter.active ? measured : run;
  return {
    ...database,
    transaction: (body, options) =>
      tracer.active
        ? tracer.span(
            'sql transaction',
            { kind: 'client', attributes: { 'db.operation.name': 'transaction' } },
            () => transact(body, options),
          )
        : transact(body, options),
  };
}

function withDetachedListeners(tx: SqlTransaction, tracer: Tracer): SqlTransaction {
  return {
    ...tx,
    afterCommit: (listener) =>
      tx.afterCommit(() => withinActivity(undefined, () => tracer.detached(listener))),
  };
}
