/** Where a command writes. `json` prints one value per command for scripts; people get tables. */
export interface Output {
  /** The result of a command: the value with `--json`, else the text. */
  result(value: unknown, text: string): void;
  /** A line for people while something goes on; silent with `--json`. */
  progress(line: string): void;
  /** How far something has got, for scripts: a JSON line on standard error; silent without `--json`. */
  step(value: Readonly<Record<string, unknown>>): void;
  /** Whether `live` shows anything: on a terminal. */
  readonly isLive: boolean;
  /** Lines that replace the ones shown before; only on a terminal. */
  live(lines: readonly string[]): void;
}

/** Where text goes: a terminal, a file, another program. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function createOutput(options: { json: boolean; stdout: TextStream; stderr: TextStream }): Output {
  const { json, stdout, stderr } = options;
  const isLive = !json && stderr.isTTY === true;
  let shown = 0;

  function clearLive(): void {
    if (shown > 0) stderr.write(`\u001b[${shown}A\u001b[0J`);
    shown = 0;
  }

  return {
    isLive,
    result(value, text) {
      clearLive();
      stdout.write(`${json ? JSON.stringify(value) : printable(text)}\n`);
    },
    progress(line) {
      if (json) return;
      clearLive();
      stderr.write(`${printable(line)}\n`);
    },
    step(value) {
      if (json) stderr.write(`${JSON.stringify({ progress: value })}\n`);
    },
    live(lines) {
      if (!isLive) return;
      clearLive();
      // A line that wraps would be more than one line to clear.
      const width = Math.max(20, stderr.columns || 80) - 1;
      for (const line of lines) stderr.write(`${printable(line).slice(0, width)}\n`);
      shown = lines.length;
    },
  };
}

/** Text of the server could hold escape sequences that rewrite a terminal: control characters become `?`. */
function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, '?');
}

/** Titles of a table with what each cell shows. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => string>>;

/** Lays rows out under titles, two spaces apart, numbers to the right. An empty list says so. */
export function table<Row>(rows: readonly Row[], columns: Columns<Row>): string {
  if (rows.length === 0) return 'nothing to show';
  const blocks = Object.entries(columns).map(([title, cell]) => {
    const cells = rows.map((row) => cell(row).replaceAll('\n', ' '));
    const width = Math.max(title.length, ...cells.map((text) => text.length));
    const numeric = cells.every((text) => /^(-|-?[\d,.]+( [%a-zA-Z]{1,2})?)$/.test(text));
    return [title, ...cells].map((text) => (numeric ? text.padStart(width) : text.padEnd(width)));
  });
  return ['', ...rows]
    .map((_row, line) =>
      blocks
        .map((block) => block[line])
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One labelled value per line, values aligned; further lines of a value are indented. Empty values are left out. */
export function facts(entries: readonly (readonly [label: string, value: string])[]): string {
  const kept = entries.filter(([, value]) => value !== '');
  const width = Math.max(0, ...kept.map(([label]) => label.length));
  return kept
    .map(
      ([label, value]) => `${label.padEnd(width)}  ${value.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`,
    )
    .join('\n');
}

/** Parts of a text with an empty line between them; empty parts are left out. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
