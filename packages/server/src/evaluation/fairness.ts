/** One attribute judged by one metric: the largest difference between two groups. */
export interface FairnessFinding {
  readonly attribute: string;
  readonly groups: number;
  readonly smallestGroup: number;
  readonly metric: string;
  readonly value: number;
  readonly limit: number;
  readonly withinLimit: boolean;
}

interface Group {
  rows: number;
  selected: number;
  positives: number;
  caught: number;
}

/**
 * Demographic parity difference (selection rates) and equal opportunity difference (true positive rates), each the
 * largest minus the smallest over the groups (Hardt, Price, Srebro 2016). Rows without a value form no group; a group
 * without positives has no true positive rate and is left out of that metric.
 */
export function judgeFairness(input: {
  readonly attribute: string;
  readonly values: readonly (string | null)[];
  readonly labels: Float64Array;
  readonly scores: Float64Array;
  readonly threshold: number;
  readonly limit: number;
}): readonly FairnessFinding[] {
  const groups = groupRows(input);
  const rates = [...groups.values()];
  if (rates.length < 2) return [];
  const smallestGroup = Math.min(...rates.map((group) => group.rows));
  const finding = (metric: string, values: readonly number[]): FairnessFinding => {
    const value = values.length < 2 ? 0 : Math.max(...values) - Math.min(...values);
    return {
      attribute: input.attribute,
      groups: groups.size,
      smallestGroup,
      metric,
      value,
      limit: input.limit,
      withinLimit: value <= input.limit,
    };
  };
  return [
    finding(
      'demographic_parity_difference',
      rates.map((group) => group.selected / group.rows),
    ),
    finding(
      'equal_opportunity_difference',
      rates.filter((group) => group.positives > 0).map((group) => group.caught / group.positives),
    ),
  ];
}

function groupRows(input: Parameters<typeof judgeFairness>[0]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [row, value] of input.values.entries()) {
    if (value === null) continue;
    const group = groups.get(value) ?? { rows: 0, selected: 0, positives: 0, caught: 0 };
    const selected = (input.scores[row] ?? 0) >= input.threshold;
    group.rows++;
    if (selected) group.selected++;
    if (input.labels[row] === 1) {
      group.positives++;
      if (selected) group.caught++;
    }
    groups.set(value, group);
  }
  return groups;
}
