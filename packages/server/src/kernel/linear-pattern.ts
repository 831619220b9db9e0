/** A step of the machine: tests the next character, goes on to two others, or checks where it stands. */
type Step =
  | { readonly kind: 'character'; readonly test: (code: number) => boolean; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'place'; readonly where: 'start' | 'end' | 'boundary' | 'inside'; next: number }
  | { readonly kind: 'match' };

type Test = (code: number) => boolean;

type Node =
  | { readonly kind: 'character'; readonly test: Test }
  | { readonly kind: 'place'; readonly where: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly least: number; readonly most: number };

const longestPattern = 1000;
const mostSteps = 5000;
const deepestGroup = 50;
const mostRepeats = 1000;

/** Why a pattern cannot be used. */
export class PatternRefused extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'PatternRefused';
  }
}

/**
 * Compiles a regular expression that strangers may write: the time of a search grows with the length of the text and that of
 * the pattern, never with their powers, because all ways through the pattern are followed at once (Thompson 1968; R. Cox,
 * "Regular Expression Matching Can Be Simple And Fast"). The pattern may match anywhere. Understood are `. [] () | * + ? {m,n}
 * ^ $ \d \w \s \b` and their opposites, escapes, `(?:…)` and a leading `(?i)`; references back and looks around are refused.
 * Throws `PatternRefused`.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  if (pattern.length > longestPattern)
    throw new PatternRefused(`it has more than ${longestPattern} characters`);
  const ignoresCase = pattern.startsWith('(?i)');
  const node = parsePattern(ignoresCase ? pattern.slice(4) : pattern, ignoresCase);
  return searcher(assemble(node));
}

/** Compiles a pattern of SQL's LIKE, which matches a whole text: `%` is any text, `_` any character. Throws `PatternRefused`. */
export function compileLike(pattern: string, ignoresCase: boolean): (text: string) => boolean {
  if (pattern.length > longestPattern)
    throw new PatternRefused(`it has more than ${longestPattern} characters`);
  const parts: Node[] = [{ kind: 'place', where: 'start' }];
  for (const character of pattern) {
    if (character === '%')
      parts.push({ kind: 'repeat', node: { kind: 'character', test: () => true }, least: 0, most: Infinity });
    else if (character === '_') parts.push({ kind: 'character', test: () => true });
    else parts.push({ kind: 'character', test: literal(character.codePointAt(0) ?? 0, ignoresCase) });
  }
  parts.push({ kind: 'place', where: 'end' });
  return searcher(assemble({ kind: 'sequence', parts }));
}

function parsePattern(source: string, ignoresCase: boolean): Node {
  const characters = [...source];
  let position = 0;
  let depth = 0;
  const peek = (offset = 0): string | undefined => characters[position + offset];

  function choice(): Node {
    const parts = [sequence()];
    while (peek() === '|') {
      position++;
      parts.push(sequence());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'choice', parts };
  }

  function sequence(): Node {
    const parts: Node[] = [];
    for (let next = peek(); next !== undefined && next !== '|' && next !== ')'; next = peek())
      parts.push(repeated(atom()));
    return { kind: 'sequence', parts };
  }

  function repeated(node: Node): Node {
    let result = node;
    for (;;) {
      const counts = repetition();
      if (counts === undefined) return result;
      // A lazy or greedy repetition finds the same texts.
      if (peek() === '?') position++;
      result = { kind: 'repeat', node: result, ...counts };
    }
  }

  function repetition(): { least: number; most: number } | undefined {
    const sign = peek();
    if (sign === '*' || sign === '+' || sign === '?') {
      position++;
      return { least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : Infinity };
    }
    if (sign !== '{') return undefined;
    const stop = characters.indexOf('}', position);
    const [, low, comma, high] = /^(\d+)(,?)(\d*)$/.exec(characters.slice(position + 1, stop).join('')) ?? [];
    if (stop < 0 || low === undefined) return undefined;
    position = stop + 1;
    const least = Number(low);
    const open = high === '' ? Infinity : Number(high);
    const most = comma === '' ? least : open;
    if (least > mostRepeats || (most !== Infinity && (most > mostRepeats || most < least)))
      throw new PatternRefused('a repetition has impossible bounds');
    return { least, most };
  }

  function atom(): Node {
    const character = peek() ?? '';
    position++;
    if (character === '.') return { kind: 'character', test: (code) => code !== 10 };
    if (character === '^') return { kind: 'place', where: 'start' };
    if (character === '$') return { kind: 'place', where: 'end' };
    if (character === '(') return group();
    if (character === '[') return { kind: 'character', test: characterClass() };
    if (character === '\\') return escapeSign();
    if (character === '*' || character === '+' || character === '?')
      throw new PatternRefused('nothing stands before a repetition');
    return { kind: 'character', test: literal(character.codePointAt(0) ?? 0, ignoresCase) };
  }

  function group(): Node {
    depth++;
    if (depth > deepestGroup) throw new PatternRefused('groups lie too deep in each other');
    if (peek() === '?') {
      if (peek(1) !== ':')
        throw new PatternRefused('of the groups with a question mark only (?:…) is understood');
      position += 2;
    }
    const inner = choice();
    if (peek() !== ')') throw new PatternRefused('a group is not closed');
    position++;
    depth--;
    return inner;
  }

  function escapeSign(): Node {
    const character = peek();
    if (character === undefined) throw new PatternRefused('it ends with a backslash');
    if (character === 'b' || character === 'B') {
      position++;
      return { kind: 'place', where: character === 'b' ? 'boundary' : 'inside' };
    }
    return { kind: 'character', test: escaped() };
  }

  /** What stands behind a backslash, in a class or outside. */
  function escaped(): Test {
    const character = peek() ?? '';
    position++;
    const known = classes[character];
    if (known !== undefined) return known;
    const control = controls[character];
    if (control !== undefined) return literal(control, false);
    if (character === 'x' || character === 'u') {
      const digits = characters.slice(position, position + (character === 'x' ? 2 : 4)).join('');
      if (!/^([0-9a-f]{2}){1,2}$/i.test(digits))
        throw new PatternRefused('a code of a character is not complete');
      position += digits.length;
      return literal(Number.parseInt(digits, 16), ignoresCase);
    }
    if (/[\p{L}\p{N}]/u.test(character)) throw new PatternRefused(`\\${character} is not understood`);
    return literal(character.codePointAt(0) ?? 0, ignoresCase);
  }

  function characterClass(): Test {
    const negated = peek() === '^';
    if (negated) position++;
    const tests: Test[] = [];
    for (let first = true; peek() !== ']' || first; first = false) {
      const character = peek();
      if (character === undefined) throw new PatternRefused('a class of characters is not closed');
      position++;
      if (character === '\\') {
        tests.push(escaped());
        continue;
      }
      const from = character.codePointAt(0) ?? 0;
      if (peek() === '-' && peek(1) !== undefined && peek(1) !== ']') {
        position++;
        const end = peek() ?? '';
        position++;
        const to = (end === '\\' ? (characters[position++] ?? '') : end).codePointAt(0) ?? 0;
        if (to < from) throw new PatternRefused('a range of characters runs backwards');
        tests.push(range(from, to, ignoresCase));
      } else tests.push(literal(from, ignoresCase));
    }
    position++;
    return negated ? (code) => !tests.some((test) => test(code)) : (code) => tests.some((test) => test(code));
  }

  const whole = choice();
  if (position < characters.length) throw new PatternRefused('a parenthesis closes no group');
  return whole;
}

const isDigit: Test = (code) => code >= 48 && code <= 57;
const isSpace: Test = (code) => (code >= 9 && code <= 13) || code === 32 || code === 160 || code === 0x2028;
const isWord: Test = (code) =>
  isDigit(code) ||
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 95 ||
  (code > 127 && /[\p{L}\p{N}]/u.test(String.fromCodePoint(code)));

const classes: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  s: isSpace,
  S: (code) => !isSpace(code),
  w: isWord,
  W: (code) => !isWord(code),
};
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, 0: 0 };

function literal(code: number, ignoresCase: boolean): Test {
  if (!ignoresCase) return (other) => other === code;
  const lower = lowered(code);
  return (other) => other === code || lowered(other) === lower;
}

function range(from: number, to: number, ignoresCase: boolean): Test {
  const within: Test = (code) => code >= from && code <= to;
  if (!ignoresCase) return within;
  return (code) => within(code) || within(lowered(code)) || within(raised(code));
}

function lowered(code: number): number {
  return String.fromCodePoint(code).toLowerCase().codePointAt(0) ?? code;
}

function raised(code: number): number {
  return String.fromCodePoint(code).toUpperCase().codePointAt(0) ?? code;
}

/** The machine of a pattern, built from its end: every step knows the next one. The first step is the last of the list. */
function assemble(node: Node): readonly Step[] {
  const steps: Step[] = [{ kind: 'match' }];
  const add = (step: Step): number => {
    if (steps.length >= mostSteps)
      throw new PatternRefused('it is too large when its repetitions are written out');
    return steps.push(step) - 1;
  };
  const first = build(node, 0);
  add({ kind: 'split', next: first, other: first });
  return steps;

  function build(part: Node, next: number): number {
    if (part.kind === 'character') return add({ kind: 'character', test: part.test, next });
    if (part.kind === 'place') return add({ kind: 'place', where: part.where, next });
    if (part.kind === 'sequence') return part.parts.reduceRight((after, inner) => build(inner, after), next);
    if (part.kind === 'choice')
      return part.parts
        .map((inner) => build(inner, next))
        .reduce((other, one) => add({ kind: 'split', next: one, other }));
    return buildRepeat(part, next);
  }

  function buildRepeat(part: Extract<Node, { kind: 'repeat' }>, next: number): number {
    let after = next;
    if (part.most === Infinity) {
      const loop: Extract<Step, { kind: 'split' }> = { kind: 'split', next, other: next };
      const at = add(loop);
      loop.next = build(part.node, at);
      after = at;
    } else {
      for (let count = part.least; count < part.most; count++)
        after = add({ kind: 'split', next: build(part.node, after), other: next });
    }
    for (let count = 0; count < part.least; count++) after = build(part.node, after);
    return after;
  }
}

/** Runs all ways through the machine side by side, one character of the text after the other. */
function searcher(steps: readonly Step[]): (text: string) => boolean {
  const start = steps.length - 1;
  const seen = new Uint32Array(steps.length);
  let round = 0;

  return (text) => {
    let current: number[] = [];
    let previous = -1;
    let index = 0;
    for (;;) {
      const code = text.codePointAt(index) ?? -1;
      round++;
      const active: number[] = [];
      for (const step of current) if (follow(step, active, previous, code)) return true;
      if (follow(start, active, previous, code)) return true;
      if (code < 0) return false;
      current = [];
      for (const at of active) {
        const step = steps[at];
        if (step?.kind === 'character' && step.test(code)) current.push(step.next);
      }
      previous = code;
      index += code > 0xffff ? 2 : 1;
    }
  };

  /** Adds the steps that test a character and can be reached from here without one; true when the end can. */
  function follow(from: number, active: number[], before: number, after: number): boolean {
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen[at] === round) continue;
      seen[at] = round;
      const step = steps[at];
      if (step === undefined) continue;
      if (step.kind === 'match') return true;
      if (step.kind === 'character') active.push(at);
      else if (step.kind === 'split') open.push(step.other, step.next);
      else if (stands(step.where, before, after)) open.push(step.next);
    }
    return false;
  }
}

function stands(where: 'start' | 'end' | 'boundary' | 'inside', before: number, after: number): boolean {
  if (where === 'start') return before < 0;
  if (where === 'end') return after < 0;
  const isBoundary = (before >= 0 && isWord(before)) !== (after >= 0 && isWord(after));
  return isBoundary === (where === 'boundary');
}
