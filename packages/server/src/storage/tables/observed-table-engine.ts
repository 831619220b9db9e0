import { type Meter, secondsBuckets } from '../../kernel/meter.ts';
import type { Tracer } from '../../kernel/tracer.ts';
import type { TableEngine } from './table-engine.ts';

type TableQueries = Omit<TableEngine, 'session' | 'close'>;

/** Makes table engines whose statements are counted, timed and traced, all together; the engines themselves when nobody looks. */
export function tableEngineObserver(deps: {
  readonly meter: Meter;
  readonly tracer: Tracer;
}): (engine: TableEngine) => TableEngine {
  const { meter, tracer } = deps;
  if (!meter.active && !tracer.active) return (engine) => engine;
  const statements = meter.counter({
    name: 'esteira_table_statements_total',
    help: 'Statements of the table engine, by outcome.',
    labels: ['outcome'],
  });
  const seconds = meter.histogram({
    name: 'esteira_table_statement_duration_seconds',
    help: 'Time of a statement of the table engine; of a streamed one, until its last row was taken.',
    labels: [],
    buckets: secondsBuckets,
  });

  async function observed<R>(name: string, work: () => Promise<R>): Promise<R> {
    const began = performance.now();
    let outcome = 'error';
    try {
      const result = await tracer.span(name, { kind: 'client' }, work);
      outcome = 'ok';
      return result;
    } finally {
      statements.add({ outcome });
      seconds.observe({}, (performance.now() - began) / 1000);
    }
  }

  const observe = (queries: TableQueries): TableQueries => ({
    query: (sql, parameters) => observed('table query', () => queries.query(sql, parameters)),
    numericColumns: (sql, parameters) =>
      observed('table columns', () => queries.numericColumns(sql, parameters)),
    writeParquet: (select, path, parameters) =>
      observed('table write', () => queries.writeParquet(select, path, parameters)),

    async *stream(sql, parameters) {
      const span = tracer.start('table stream', { kind: 'client' });
      const began = performance.now();
      let outcome = 'error';
      try {
        yield* queries.stream(sql, parameters);
        outcome = 'ok';
      } catch (error) {
        span.fail(error);
        throw error;
      } finally {
        statements.add({ outcome });
        seconds.observe({}, (performance.now() - began) / 1000);
        span.end();
      }
    },
  });

  return (engine) => ({
    ...engine,
    ...observe(engine),
    session: (body) => engine.session((queries) => body(observe(queries))),
  });
}
