/** A line of two texts put beside each other. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Beyond so many differing lines the shortest way is not looked for any more. */
const mostEdits = 1_000;

/**
 * How the lines of one text become those of another, with the fewest lines removed and added (E. Myers, "An O(ND) difference
 * algorithm and its variations", 1986). Texts that differ in more than a thousand lines are shown as one block after the other.
 */
export function diffLines(left: string, right: string): readonly DiffLine[] {
  const before = linesOf(left);
  const after = linesOf(right);
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let ends = 0;
  const room = Math.min(before.length, after.length) - start;
  while (ends < room && before[before.length - 1 - ends] === after[after.length - 1 - ends]) ends++;
  const removed = before.slice(start, before.length - ends);
  const added = after.slice(start, after.length - ends);
  return [
    ...before.slice(0, start).map(same),
    ...(shortestWay(removed, added) ?? [
      ...removed.map((text): DiffLine => ({ kind: 'removed', text })),
      ...added.map((text): DiffLine => ({ kind: 'added', text })),
    ]),
    ...before.slice(before.length - ends).map(same),
  ];
}

/** A line by its place among all; none where lines are left out from there on. */
interface ShownLine {
  readonly place: number;
  readonly line: DiffLine | undefined;
}

/** Lines that differ, with so many around them. */
export function nearDifferences(lines: readonly DiffLine[], around: number): readonly ShownLine[] {
  const kept = lines.map(() => false);
  for (const [place, { kind }] of lines.entries()) {
    if (kind === 'same') continue;
    const until = Math.min(lines.length - 1, place + around);
    for (let near = Math.max(0, place - around); near <= until; near++) kept[near] = true;
  }
  const shown: ShownLine[] = [];
  for (const [place, line] of lines.entries()) {
    if (kept[place]) shown.push({ place, line });
    else if (shown.length === 0 || shown.at(-1)?.line !== undefined) shown.push({ place, line: undefined });
  }
  return shown;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  // A line that ends is not followed by an empty one.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function same(text: string): DiffLine {
  return { kind: 'same', text };
}

function shortestWay(before: readonly string[], after: readonly string[]): readonly DiffLine[] | undefined {
  const reached: Map<number, number>[] = [];
  let furthest = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(mostEdits, before.length + after.length); edits++) {
    const next = new Map<number, number>();
    reached.push(furthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = cameDown(furthest, diagonal, edits)
        ? (furthest.get(diagonal + 1) ?? 0)
        : (furthest.get(diagonal - 1) ?? 0) + 1;
      let y = x - diagonal;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x++;
        y++;
      }
      next.set(diagonal, x);
      if (x >= before.length && y >= after.length) return wayBack(before, after, reached);
    }
    furthest = next;
  }
  return undefined;
}

/** Whether a path comes to a diagonal with a line added, or else with one removed. */
function cameDown(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  return diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function wayBack(
  before: readonly string[],
  after: readonly string[],
  reached: readonly ReadonlyMap<number, number>[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = reached.length - 1; edits >= 0; edits--) {
    const furthest = reached[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const isAdded = cameDown(furthest, diagonal, edits);
    const from = isAdded ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
    while (x > from && y > from - diagonal) {
      x--;
      y--;
      lines.push(same(before[x] ?? ''));
    }
    if (edits === 0) break;
    if (isAdded) lines.push({ kind: 'added', text: after[--y] ?? '' });
    else lines.push({ kind: 'removed', text: before[--x] ?? '' });
  }
  return lines.reverse();
}
