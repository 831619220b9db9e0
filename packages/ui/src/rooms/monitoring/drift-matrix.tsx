import { Group, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Answer } from '../../api/answers.ts';
import { BarChart } from '../../components/chart.tsx';
import { Panel } from '../../components/panel.tsx';
import { QuietText } from '../../components/quiet-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { heatOf } from './heat.ts';
import './drift-matrix.css';

type Charts = Answer<'monitoring', 'charts'>;
type Row = Charts['drift'][number];

/** Columns down, windows across: how near every distance is to its limit; below it the windows of one column. */
export function DriftMatrix({ charts }: { readonly charts: Charts }) {
  const { t, format } = useMessages();
  const rows = useMemo(
    () => [...charts.drift].sort((left, right) => worst(right) - worst(left)),
    [charts.drift],
  );
  const [chosen, setChosen] = useState<string>();
  const column = rows.find((row) => row.column === chosen) ?? rows[0];
  if (!column) return null;
  return (
    <Panel title={t('monitor.drift')} hint={t('monitor.driftHint')} flush actions={<Legend />}>
      <div className="drift-scroll">
        <table className="drift-matrix" aria-label={t('monitor.drift')}>
          <thead>
            <tr>
              <th scope="col">{t('profile.column')}</th>
              {charts.windows.map((window) => (
                <th key={window.start} scope="col" title={format.exactTime(window.start)}>
                  <span>{format.day(window.start)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.column} data-chosen={row.column === column.column}>
                <th scope="row">
                  <button type="button" onClick={() => setChosen(row.column)}>
                    {row.column}
                  </button>
                </th>
                {row.cells.map((cell, place) => (
                  <Cell
                    key={charts.windows[place]?.start ?? place}
                    column={row.column}
                    cell={cell}
                    start={charts.windows[place]?.start ?? 0}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ColumnWindows charts={charts} row={column} />
    </Panel>
  );
}

function Cell({
  column,
  cell,
  start,
}: {
  readonly column: string;
  readonly cell: Row['cells'][number];
  readonly start: number;
}) {
  const { t, format } = useMessages();
  const heat = heatOf(cell);
  const label = t('monitor.cell', {
    column,
    window: format.day(start),
    percent: heat === null ? '–' : format.percent(heat, 0),
  });
  return (
    <td
      data-breach={cell?.breach ?? false}
      title={label}
      style={{ '--heat': `${Math.round(Math.min(1, heat ?? 0) * 100)}%` } as React.CSSProperties}
    >
      <span className="drift-hidden">{label}</span>
    </td>
  );
}

function ColumnWindows({ charts, row }: { readonly charts: Charts; readonly row: Row }) {
  const { t, format } = useMessages();
  const bars = useMemo(
    () => ({
      categories: charts.windows.map((window) => format.day(window.start)),
      series: [{ name: t('monitor.distance'), values: row.cells.map((cell) => cell?.distance ?? null) }],
      lines: [{ name: t('monitor.noise'), values: row.cells.map((cell) => cell?.noiseLevel ?? null) }],
      marked: row.cells.map((cell) => cell?.breach ?? false),
    }),
    [charts.windows, row, format, t],
  );
  const limit = row.cells.findLast((cell) => cell !== null && cell.threshold !== null)?.threshold ?? null;
  const level = useMemo(
    () => (limit === null ? undefined : { value: limit, label: t('monitor.threshold') }),
    [limit, t],
  );
  const method = row.cells.findLast((cell) => cell !== null)?.method;
  const isEmpty = row.cells.every((cell) => cell?.distance === null || cell === null);
  return (
    <div className="drift-column">
      <Group gap="sm">
        <Text size="sm" fw={600} className="mono">
          {row.column}
        </Text>
        <Text size="xs" c="dimmed">
          {method} · {t('monitor.noise')}: {t('monitor.noiseHint')}
        </Text>
      </Group>
      {isEmpty ? (
        <QuietText>–</QuietText>
      ) : (
        <BarChart
          name={row.column}
          bars={bars}
          height={190}
          formatValue={format.number}
          {...(level ? { level } : {})}
        />
      )}
    </div>
  );
}

function Legend() {
  const { t } = useMessages();
  return (
    <div className="drift-legend" aria-hidden="true">
      <i style={{ '--heat': '10%' } as React.CSSProperties} />
      <i style={{ '--heat': '50%' } as React.CSSProperties} />
      <i style={{ '--heat': '95%' } as React.CSSProperties} />
      <span>{t('monitor.within')}</span>
      <i data-breach="true" />
      <span>{t('monitor.breach')}</span>
    </div>
  );
}

function worst(row: Row): number {
  const breaches = row.cells.filter((cell) => cell?.breach).length;
  const hottest = Math.max(0, ...row.cells.map((cell) => heatOf(cell) ?? 0));
  return breaches * 1000 + hottest;
}
