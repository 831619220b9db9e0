import { plain, time } from './number-text.ts';
import { table } from './output.ts';

type Prediction = Readonly<Record<string, string | number | boolean | null>>;

/** Said by the question, by another column, or of use to programs alone. */
const leftOut: ReadonlySet<string> = new Set([
  'request_id',
  'row_index',
  'event_time',
  'time',
  'endpoint',
  'revision',
  'unit',
]);
const shownFeatures = 5;

/** Logged predictions for people: what each row has that any of them has, and the first features. The whole is in JSON. */
export function describePredictions(items: readonly Prediction[]): string {
  const filled = new Set<string>();
  for (const row of items)
    for (const [name, value] of Object.entries(row)) if (value !== null && value !== '') filled.add(name);
  const features = [...filled].filter((name) => name.startsWith('f_'));
  const titles = [...filled].filter((name) => !name.startsWith('f_') && !leftOut.has(name));
  const columns: Record<string, (row: Prediction) => string> = {};
  for (const title of titles)
    columns[title] = (row) =>
      title === 'at' ? time(Number(row.at)) : row[title] === null ? '-' : plain(row[title]);
  for (const name of features.slice(0, shownFeatures))
    columns[name.slice(2)] = (row) => (row[name] === null ? '-' : plain(row[name]));
  const rest = features.length - shownFeatures;
  if (rest > 0) columns['…'] = () => `${rest} more`;
  return table(items, columns);
}
