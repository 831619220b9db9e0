interface IntervalMarkProps {
  readonly lower: number;
  readonly upper: number;
  readonly value: number | null;
  /** Greatest distance from zero that fits. */
  readonly extent: number;
}

const width = 190;
const height = 14;

/** An interval on a line whose middle is zero. */
export function IntervalMark({ lower, upper, value, extent }: IntervalMarkProps) {
  const colour = lower > 0 ? 'var(--good)' : upper < 0 ? 'var(--bad)' : 'var(--idle)';
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ verticalAlign: 'middle' }}>
      <line x1={width / 2} x2={width / 2} y1={0} y2={height} stroke="var(--line-strong)" />
      <line
        x1={place(lower)}
        x2={place(upper)}
        y1={height / 2}
        y2={height / 2}
        stroke={colour}
        strokeWidth={3}
      />
      {value === null ? null : <circle cx={place(value)} cy={height / 2} r={3} fill={colour} />}
    </svg>
  );

  function place(point: number): number {
    return width / 2 + (point / extent) * (width / 2 - 5);
  }
}
