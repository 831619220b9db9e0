/** Prints the story: a heading per chapter, facts below it, one live line while something runs. */
export interface Console {
  chapter(title: string): void;
  fact(text: string): void;
  /** Replaces the live line on a terminal; a plain log gets each new text once. */
  live(text: string): void;
  table(header: readonly string[], rows: readonly (readonly string[])[]): void;
}

export function createConsole(stream: NodeJS.WriteStream): Console {
  const isTerminal = stream.isTTY === true;
  let liveText = '';

  function clearLive(): void {
    if (isTerminal && liveText !== '') stream.write('\r\u001b[2K');
    liveText = '';
  }

  function line(text: string): void {
    clearLive();
    stream.write(`${text}\n`);
  }

  return {
    chapter: (title) => line(`\n${isTerminal ? `\u001b[1m${title}\u001b[0m` : title}`),
    fact: (text) => line(`  ${text}`),
    live(text) {
      if (text === liveText) return;
      if (!isTerminal) {
        liveText = text;
        stream.write(`  … ${text}\n`);
        return;
      }
      clearLive();
      liveText = text;
      stream.write(`  … ${text}`.slice(0, (stream.columns || 100) - 1));
    },
    table(header, rows) {
      const lines = [header, ...rows];
      const widths = header.map((_cell, column) =>
        Math.max(...lines.map((cells) => (cells[column] ?? '').length)),
      );
      for (const cells of lines)
        line(
          `  ${cells
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()}`,
        );
    },
  };
}
