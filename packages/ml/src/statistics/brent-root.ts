/**
 * A root of `f` between `from` and `to`, where it changes sign, by Brent's method (1973): inverse quadratic steps kept
 * safe by bisection, until the bracket is narrower than `tolerance`. NaN when there is no change of sign.
 */
export function brentRoot(f: (x: number) => number, from: number, to: number, tolerance: number): number {
  let previous = from;
  let current = to;
  let fPrevious = f(previous);
  let fCurrent = f(current);
  if (fPrevious === 0) return previous;
  if (fCurrent === 0) return current;
  if (fPrevious < 0 === fCurrent < 0) return Number.NaN;
  let bracket = 0;
  let fBracket = 0;
  let lastStep = 0;
  let step = 0;
  for (let i = 0; i < 200; i++) {
    if (fPrevious !== 0 && fPrevious < 0 !== fCurrent < 0) {
      bracket = previous;
      fBracket = fPrevious;
      step = current - previous;
      lastStep = step;
    }
    if (Math.abs(fBracket) < Math.abs(fCurrent)) {
      previous = current;
      current = bracket;
      bracket = previous;
      fPrevious = fCurrent;
      fCurrent = fBracket;
      fBracket = fPrevious;
    }
    const delta = (tolerance + 4 * Number.EPSILON * Math.abs(current)) / 2;
    const bisection = (bracket - current) / 2;
    if (fCurrent === 0 || Math.abs(bisection) < delta) return current;
    let trial = Infinity;
    if (Math.abs(lastStep) > delta && Math.abs(fCurrent) < Math.abs(fPrevious)) {
      if (previous === bracket) {
        trial = (-fCurrent * (current - previous)) / (fCurrent - fPrevious);
      } else {
        const slopePrevious = (fPrevious - fCurrent) / (previous - current);
        const slopeBracket = (fBracket - fCurrent) / (bracket - current);
        trial =
          (-fCurrent * (fBracket * slopeBracket - fPrevious * slopePrevious)) /
          (slopeBracket * slopePrevious * (fBracket - fPrevious));
      }
    }
    if (2 * Math.abs(trial) < Math.min(Math.abs(lastStep), 3 * Math.abs(bisection) - delta)) {
      lastStep = step;
      step = trial;
    } else {
      lastStep = bisection;
      step = bisection;
    }
    previous = current;
    fPrevious = fCurrent;
    const least = bisection > 0 ? delta : -delta;
    current += Math.abs(step) > delta ? step : least;
    fCurrent = f(current);
  }
  return current;
}
