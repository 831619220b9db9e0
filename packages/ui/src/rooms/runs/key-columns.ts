interface Logged {
  readonly params: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** Measures of quality: what runs are compared by. */
const qualities = [
  'pr_auc',
  'roc_auc',
  'f1',
  'accuracy',
  'log_loss',
  'brier',
  'rmse',
  'mae',
  'r2',
  'auc',
  'loss',
];

/** Metrics the pipelines measure of themselves, and clients of their machines. */
const chores = /^(step\.|system\/|rows$|base_rate$|threshold$|trials$)/;

/**
 * The columns worth showing for a page of runs: measures of quality first, then the metrics that most runs have, those
 * pipelines measure of themselves last; and parameters that differ between runs.
 */
export function keyColumns(
  runs: readonly Logged[],
  limits: { readonly metrics: number; readonly params: number },
): { readonly metrics: readonly string[]; readonly params: readonly string[] } {
  return {
    metrics: byInterest(mostFrequent(countNames(runs.map((run) => run.metrics)))).slice(0, limits.metrics),
    params: mostFrequent(countNames(runs.map((run) => run.params)))
      .filter((name) => runs.length === 1 || new Set(runs.map((run) => run.params[name])).size > 1)
      .slice(0, limits.params),
  };
}

function countNames(records: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) {
    for (const name of Object.keys(record)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function mostFrequent(counts: ReadonlyMap<string, number>): readonly string[] {
  return [...counts]
    .sort(([nameA, countA], [nameB, countB]) => countB - countA || nameA.localeCompare(nameB))
    .map(([name]) => name);
}

function byInterest(names: readonly string[]): readonly string[] {
  const rank = (name: string) => {
    if (chores.test(name)) return 2;
    return qualities.includes(name.split(/[./]/).at(-1) ?? name) ? 0 : 1;
  };
  return names.toSorted((left, right) => rank(left) - rank(right));
}
