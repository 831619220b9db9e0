import type { ImportedSeries } from '@esteira/contracts';

// Of a series with a single point, most of the work is the series.
const pointsOfSeries = 25;
const pointsInPart = 5_000;

/** Points in their order, in parts that take some ten milliseconds each; the latest of a series comes with its last points. */
export function* pointsInParts(all: readonly ImportedSeries[]): Generator<readonly ImportedSeries[]> {
  let part: ImportedSeries[] = [];
  let weight = 0;
  for (const { latest, ...series } of all) {
    for (let start = 0; start === 0 || start < series.points.length; start += pointsInPart) {
      const points = series.points.slice(start, start + pointsInPart);
      const isLast = start + pointsInPart >= series.points.length;
      if (part.length > 0 && weight + pointsOfSeries + points.length > pointsInPart) {
        yield part;
        part = [];
        weight = 0;
      }
      part.push({ ...series, points, ...(isLast && latest !== undefined ? { latest } : {}) });
      weight += pointsOfSeries + points.length;
    }
  }
  if (part.length > 0) yield part;
}
