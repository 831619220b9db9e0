import './histogram.css';

interface HistogramProps {
  readonly label: string;
  readonly counts: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

/** The shape of a distribution, small enough for a table. */
export function Histogram({ label, counts, width = 150, height = 26 }: HistogramProps) {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length);
  return (
    <svg className="histogram" width={width} height={height} role="img" aria-label={label}>
      {counts.map((count, bin) => {
        const tall = count === 0 ? 0 : Math.max(1, (count / most) * height);
        const x = bin * step;
        return <rect key={x} x={x} y={height - tall} width={Math.max(1, step - 1)} height={tall} />;
      })}
    </svg>
  );
}

/** The most frequent values of a text column with their share. */
export function TopValues({
  values,
  total,
}: {
  readonly values: readonly { readonly value: string; readonly count: number }[];
  readonly total: number;
}) {
  return (
    <span className="top-values">
      {values.slice(0, 4).map(({ value, count }) => (
        <span key={value} title={`${count}`}>
          {value} <small>{total > 0 ? `${Math.round((100 * count) / total)}%` : ''}</small>
        </span>
      ))}
    </span>
  );
}
