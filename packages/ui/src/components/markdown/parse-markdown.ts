/** A block of a text in Markdown: the part of CommonMark that people write in notes. */
export type MarkdownBlock =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3 | 4 | 5 | 6; readonly text: string }
  | { readonly kind: 'paragraph' | 'quote'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: 'rule' };

/** A piece of a line. Links lead to http, https, mailto or a place of this page; others are left as they were written. */
export type MarkdownSpan =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong'; readonly spans: readonly MarkdownSpan[] }
  | { readonly kind: 'emphasis'; readonly spans: readonly MarkdownSpan[] }
  | { readonly kind: 'struck'; readonly spans: readonly MarkdownSpan[] }
  | { readonly kind: 'link'; readonly spans: readonly MarkdownSpan[]; readonly to: string };

const itemMark = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;

/** The blocks of a text. Nothing in it is refused: what is no Markdown is text, and HTML is text too. */
export function parseMarkdown(text: string): readonly MarkdownBlock[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: MarkdownBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') {
      at++;
      continue;
    }
    const [block, next] = readBlock(lines, at, line);
    blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(lines: readonly string[], at: number, line: string): [MarkdownBlock, number] {
  const fence = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  if (fence !== undefined) {
    const end = lines.findIndex((other, index) => index > at && other.trim().startsWith(fence));
    const until = end < 0 ? lines.length : end;
    return [{ kind: 'code', text: lines.slice(at + 1, until).join('\n') }, until + 1];
  }
  const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
  if (heading) {
    const level = (heading[1] ?? '#').length as 1 | 2 | 3 | 4 | 5 | 6;
    return [{ kind: 'heading', level, text: heading[2] ?? '' }, at + 1];
  }
  if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) return [{ kind: 'rule' }, at + 1];
  if (/^\s{0,3}>/.test(line)) {
    const until = endOf(lines, at, (other) => /^\s{0,3}>/.test(other));
    const text = lines
      .slice(at, until)
      .map((quoted) => quoted.replace(/^\s{0,3}>\s?/, ''))
      .join('\n');
    return [{ kind: 'quote', text }, until];
  }
  if (itemMark.test(line)) return readList(lines, at, line);
  if (line.includes('|') && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? '')) {
    const until = endOf(lines, at + 2, (other) => other.includes('|'));
    return [
      { kind: 'table', head: cellsOf(line), rows: lines.slice(at + 2, until).map(cellsOf) },
      Math.max(until, at + 2),
    ];
  }
  const until = endOf(
    lines,
    at,
    (other, index) => other.trim() !== '' && (index === at || !beginsBlock(other)),
  );
  return [
    {
      kind: 'paragraph',
      text: lines
        .slice(at, until)
        .map((one) => one.trim())
        .join('\n'),
    },
    until,
  ];
}

function readList(lines: readonly string[], at: number, first: string): [MarkdownBlock, number] {
  const ordered = itemMark.exec(first)?.[1] !== undefined;
  const items: string[] = [];
  let next = at;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? '';
    const item = itemMark.exec(line);
    if (item) {
      if ((item[1] !== undefined) !== ordered) break;
      items.push(item[2] ?? '');
    } else if (/^\s{2,}\S/.test(line) && items.length > 0) {
      items.push(`${items.pop() ?? ''}\n${line.trim()}`);
    } else break;
  }
  return [{ kind: 'list', ordered, items }, next];
}

function beginsBlock(line: string): boolean {
  return /^\s{0,3}(#{1,6}\s|>|`{3,}|~{3,})/.test(line) || itemMark.test(line);
}

function endOf(
  lines: readonly string[],
  from: number,
  belongs: (line: string, index: number) => boolean,
): number {
  let until = from;
  while (until < lines.length && belongs(lines[until] ?? '', until)) until++;
  return until;
}

function cellsOf(line: string): readonly string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

const spanMark =
  /(`+)(.+?)\1(?!`)|\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|\*(?=\S)([^*]+)\*|\b_(?=\S)([^_]+)_\b|~~(?=\S)(.+?)~~|\[([^\]]+)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])/s;

/** The pieces of a line. */
export function parseSpans(text: string): readonly MarkdownSpan[] {
  const spans: MarkdownSpan[] = [];
  let rest = text;
  for (;;) {
    const found = spanMark.exec(rest);
    if (found === null) break;
    const [whole, , code, strong, strong2, emphasis, emphasis2, struck, label, target, address] = found;
    if (found.index > 0) spans.push({ kind: 'text', text: rest.slice(0, found.index) });
    const to = target ?? address;
    const bold = strong ?? strong2;
    const italic = emphasis ?? emphasis2;
    if (code !== undefined) spans.push({ kind: 'code', text: code.trim() });
    else if (bold !== undefined) spans.push({ kind: 'strong', spans: parseSpans(bold) });
    else if (italic !== undefined) spans.push({ kind: 'emphasis', spans: parseSpans(italic) });
    else if (struck !== undefined) spans.push({ kind: 'struck', spans: parseSpans(struck) });
    else if (to !== undefined && isSafe(to))
      spans.push({ kind: 'link', to, spans: [{ kind: 'text', text: label ?? to }] });
    else spans.push({ kind: 'text', text: whole });
    rest = rest.slice(found.index + whole.length);
  }
  if (rest !== '') spans.push({ kind: 'text', text: rest });
  return spans;
}

// Whatever a browser would run or load by itself is none of these.
function isSafe(address: string): boolean {
  return /^(https?:\/\/|mailto:|#\/)/i.test(address);
}
