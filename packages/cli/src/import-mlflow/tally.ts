import type { EsteiraClient } from '@esteira/sdk';

/** Of what it is told how much was found. */
const toldKinds = ['trace', 'issue', 'evaluation-dataset', 'scorer', 'webhook'] as const;
type ToldKind = (typeof toldKinds)[number];
type CountedKind = AskedKind | ToldKind;
/** What Esteira counts when it is asked. */
export type AskedKind = 'experiment' | 'run' | 'logged-model' | 'model';

/** What there is on both sides of one kind of thing: `runs`, `runs: params`. */
export interface Comparison {
  readonly what: string;
  readonly source: number;
  readonly target: number;
  readonly same: boolean;
}

/** What the source has, counted while it is read, thing by thing. */
export interface Tally {
  /** `target` is the id it has in Esteira. */
  count(kind: CountedKind, target: string, counts: Readonly<Record<string, number>>): void;
  /** Says how much of a thing is in Esteira that it is not asked for, and what about it is different. */
  found(
    kind: CountedKind,
    target: string,
    counts: Readonly<Record<string, number>>,
    different?: readonly string[],
  ): void;
  totals(): readonly Omit<Comparison, 'target' | 'same'>[];
  /** Compares every thing with what Esteira has of it. */
  compare(client: EsteiraClient): Promise<{
    readonly rows: readonly Comparison[];
    /** Of the first things that differ, in words. */
    readonly differing: readonly string[];
  }>;
}

const names: Readonly<Record<CountedKind, string>> = {
  experiment: 'experiments',
  run: 'runs',
  'logged-model': 'logged models',
  model: 'registered models',
  trace: 'traces',
  issue: 'issues',
  'evaluation-dataset': 'evaluation datasets',
  scorer: 'scorers',
  webhook: 'webhooks',
};
const idsPerCall = 500;
const mostTold = 20;

export function createTally(): Tally {
  const all = new Map<CountedKind, Map<string, Record<string, number>>>();
  const told = new Map<CountedKind, Map<string, Readonly<Record<string, number>>>>();
  const different = new Map<string, readonly string[]>();

  function totalsOf(kind: CountedKind, things: Iterable<Readonly<Record<string, number>>>) {
    const totals = new Map<string, number>([[names[kind], 0]]);
    for (const counts of things) {
      for (const [name, count] of [['', 1] as const, ...Object.entries(counts)]) {
        const what = name === '' ? names[kind] : `${names[kind]}: ${name}`;
        totals.set(what, (totals.get(what) ?? 0) + count);
      }
    }
    return totals;
  }

  return {
    count(kind, target, counts) {
      const things = all.get(kind) ?? new Map<string, Record<string, number>>();
      all.set(kind, things);
      const own = things.get(target) ?? {};
      things.set(target, own);
      for (const [name, count] of Object.entries(counts)) own[name] = (own[name] ?? 0) + count;
    },
    found(kind, target, counts, parts = []) {
      const things = told.get(kind) ?? new Map<string, Readonly<Record<string, number>>>();
      told.set(kind, things.set(target, counts));
      if (parts.length > 0) different.set(`${kind} ${target}`, parts);
    },
    totals: () =>
      [...all].flatMap(([kind, things]) =>
        Array.from(totalsOf(kind, things.values()), ([what, source]) => ({ what, source })),
      ),
    async compare(client) {
      const rows: Comparison[] = [];
      const differing: string[] = [];
      for (const [kind, things] of all) {
        const own = told.get(kind) ?? new Map<string, Readonly<Record<string, number>>>();
        const there = isTold(kind) ? own : withTold(await countsOf(client, kind, [...things.keys()]), own);
        const wrong = new Set<string>();
        for (const [id, source] of things) {
          const target = there.get(id);
          for (const name of target === undefined ? [''] : namesIn(source, target)) {
            if (target !== undefined && (source[name] ?? 0) === (target[name] ?? 0)) continue;
            wrong.add(name === '' ? names[kind] : `${names[kind]}: ${name}`);
            differing.push(
              target === undefined
                ? `${kind} ${id} is not there`
                : differenceIn(name, `${kind} ${id}`, source[name] ?? 0, target[name] ?? 0, different),
            );
          }
        }
        const sources = totalsOf(kind, things.values());
        const targets = totalsOf(kind, there.values());
        for (const what of new Set([...sources.keys(), ...targets.keys()])) {
          const source = sources.get(what) ?? 0;
          const target = targets.get(what) ?? 0;
          rows.push({ what, source, target, same: source === target && !wrong.has(what) });
        }
      }
      const first = differing.slice(0, mostTold);
      if (differing.length > first.length) first.push(`and ${differing.length - first.length} more`);
      return { rows, differing: first };
    },
  };
}

function differenceIn(
  name: string,
  thing: string,
  source: number,
  target: number,
  different: ReadonlyMap<string, readonly string[]>,
): string {
  const parts = different.get(thing);
  if (name === 'content' && parts !== undefined)
    return `${thing} says something else here: ${parts.join(', ')}`;
  if (name === 'content') return `${thing} says something else here: ${target} of ${source} are equal`;
  return `${thing} has ${source} ${name}, here ${target}`;
}

/** Only of things that are there. */
function withTold(
  asked: ReadonlyMap<string, Readonly<Record<string, number>>>,
  told: ReadonlyMap<string, Readonly<Record<string, number>>>,
): ReadonlyMap<string, Readonly<Record<string, number>>> {
  return new Map(Array.from(asked, ([id, counts]) => [id, { ...counts, ...told.get(id) }]));
}

function isTold(kind: CountedKind): kind is ToldKind {
  return toldKinds.some((one) => one === kind);
}

async function countsOf(
  client: EsteiraClient,
  kind: AskedKind,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
  const found = new Map<string, Readonly<Record<string, number>>>();
  for (let start = 0; start < ids.length; start += idsPerCall) {
    const body = { kind, ids: ids.slice(start, start + idsPerCall) };
    for (const { id, counts } of (await client.imports.counts({ body })).items) found.set(id, counts);
  }
  return found;
}

function namesIn(one: object, other: object): ReadonlySet<string> {
  return new Set([...Object.keys(one), ...Object.keys(other)]);
}
