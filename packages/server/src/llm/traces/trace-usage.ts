import { type Cost, costNames, type SpanUsage, type Tokens, tokenNames } from './span-facts.ts';

interface UsageNode {
  readonly id: string;
  readonly parentId?: string | undefined;
  readonly usage?: SpanUsage | undefined;
}

/**
 * What a trace used: the sum over its spans, without those below one that tells its own figure, because some
 * instrumentations put the sum of all below on the parent. Tokens and cost are summed apart.
 */
export function usageOfTrace(spans: readonly UsageNode[]): SpanUsage {
  const tokens = sumOf<Tokens>(spans, (usage) => usage.tokens, tokenNames);
  const cost = sumOf<Cost>(spans, (usage) => usage.cost, costNames);
  return { ...(tokens === undefined ? {} : { tokens }), ...(cost === undefined ? {} : { cost }) };
}

function sumOf<Amounts extends Partial<Record<string, number>>>(
  spans: readonly UsageNode[],
  own: (usage: SpanUsage) => Amounts | undefined,
  names: readonly (keyof Amounts & string)[],
): Amounts | undefined {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const amountsOf = ({ usage }: UsageNode) => (usage === undefined ? undefined : own(usage));
  /** Whether the span or one above it tells a figure. */
  const covered = new Map<string, boolean>();
  const isCovered = (from: UsageNode | undefined): boolean => {
    const passed: string[] = [];
    let answer = false;
    for (
      let span = from;
      span !== undefined;
      span = span.parentId === undefined ? undefined : byId.get(span.parentId)
    ) {
      const known = covered.get(span.id);
      if (known !== undefined) {
        answer = known;
        break;
      }
      passed.push(span.id);
      // Until it is known otherwise: parents that go in a circle end the walk here.
      covered.set(span.id, false);
      if (amountsOf(span) !== undefined) {
        answer = true;
        break;
      }
    }
    for (const id of passed) covered.set(id, answer);
    return answer;
  };
  const sums: Partial<Record<string, number>> = {};
  let found = false;
  for (const span of spans) {
    const amounts = amountsOf(span);
    if (amounts === undefined) continue;
    if (span.parentId !== undefined && isCovered(byId.get(span.parentId))) continue;
    found = true;
    for (const name of names) {
      const amount = amounts[name];
      if (amount !== undefined) sums[name] = (sums[name] ?? 0) + amount;
    }
  }
  return found ? (sums as Amounts) : undefined;
}
