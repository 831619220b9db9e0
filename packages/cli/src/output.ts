import { ApiError } from '@esteira/sdk';

/** Where a command writes. `json` prints one value per command for scripts; people get tables. */
export interface Output {
  /** The result of a command: the value with `--json`, else the text. */
  result(value: unknown, text: string): void;
  /** A line for people while something goes on; silent with `--json`. */
  progress(line: string): void;
}

export function createOutput(options: { json: boolean; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream }): Output {
  return {
    result: (value, text) => options.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`),
    progress(line) {
      if (!options.json) options.stderr.write(`${line}\n`);
    },
  };
}

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'right';
  cell(row: Row): string;
}

/** Lays rows out under titles, two spaces apart. An empty list says so. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return 'nothing to show';
  const cells = [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => column.cell(row)))];
  const widths = columns.map((_column, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)));
  return cells
    .map((line) =>
      line
        .map((cell, index) => {
          const width = widths[index] ?? 0;
          return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Milliseconds since 1970 as a short UTC time; a dash for none. */
export function time(at: number | null | undefined): string {
  return at === null || at === undefined ? '-' : new Date(at).toISOString().replace('T', ' ').slice(0, 19);
}

/** The error as people read it: what, why, what to do, and the instance id when the server gave one. */
export function describeError(error: unknown): { text: string; value: Record<string, unknown> } {
  if (error instanceof ApiError) {
    const lines = [error.message, error.why && `  why: ${error.why}`, error.todo && `  do:  ${error.todo}`, error.instance && `  id:  ${error.instance}`];
    return {
      text: lines.filter(Boolean).join('\n'),
      value: { error: { code: error.code, status: error.status, what: error.message, why: error.why, todo: error.todo, instance: error.instance, details: error.details } },
    };
  }
  if (typeof error === 'object' && error !== null && 'code' in error && 'what' in error && 'todo' in error) {
    return { text: `${String(error.what)}\n  do:  ${String(error.todo)}`, value: { error: { code: error.code, what: error.what, todo: error.todo } } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const unreachable = message === 'fetch failed';
  const text = unreachable ? 'The server does not answer.\n  do:  start it with: esteira serve, or set ESTEIRA_URL' : message;
  return { text, value: { error: { code: unreachable ? 'UNREACHABLE' : 'FAILED', what: text } } };
}
