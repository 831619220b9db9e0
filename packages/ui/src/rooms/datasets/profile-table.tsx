import type { ColumnProfile } from '@esteira/contracts';
import { DataTable } from '../../components/data-table.tsx';
import { Histogram, TopValues } from '../../components/histogram.tsx';
import type { Formats } from '../../messages/formats.ts';
import { useMessages } from '../../messages/use-messages.tsx';

/** Columns with type, missing share, extremes and the shape of their distribution. */
export function ProfileTable({ profile }: { readonly profile: readonly ColumnProfile[] }) {
  const { t, format } = useMessages();
  return (
    <DataTable
      label={t('datasetVersion.profile')}
      rows={profile}
      rowKey={(column) => column.name}
      columns={[
        {
          key: 'name',
          header: t('profile.column'),
          cell: (column) => <span className="mono">{column.name}</span>,
        },
        {
          key: 'type',
          header: t('profile.type'),
          cell: (column) => <span className="faint">{column.type}</span>,
        },
        {
          key: 'missing',
          header: t('profile.missing'),
          align: 'right',
          cell: (column) => format.percent(column.count === 0 ? 0 : column.nulls / column.count, 2),
        },
        {
          key: 'distinct',
          header: t('profile.distinct'),
          align: 'right',
          cell: (column) => format.integer(column.distinct),
        },
        {
          key: 'distribution',
          header: t('profile.distribution'),
          cell: (column) =>
            column.histogram ? (
              <Histogram
                label={t('profile.histogram', { column: column.name })}
                counts={column.histogram.counts}
              />
            ) : (
              <TopValues values={column.topValues} total={column.count} />
            ),
        },
        {
          key: 'min',
          header: t('profile.min'),
          align: 'right',
          cell: (column) => extreme(column, column.min, format),
        },
        {
          key: 'median',
          header: t('profile.median'),
          align: 'right',
          cell: (column) => extreme(column, column.quantiles?.['0.5'] ?? null, format),
        },
        {
          key: 'mean',
          header: t('profile.mean'),
          align: 'right',
          cell: (column) => extreme(column, column.mean, format),
        },
        {
          key: 'max',
          header: t('profile.max'),
          align: 'right',
          cell: (column) => extreme(column, column.max, format),
        },
      ]}
    />
  );
}

/** Times are profiled in milliseconds since 1970. */
function extreme(column: ColumnProfile, value: number | string | null, format: Formats): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return column.kind === 'timestamp' || column.kind === 'date'
    ? format.dateTime(value)
    : format.number(value);
}
