import { Group, NativeSelect, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { ParallelChart, ScatterChart } from '../../../components/chart.tsx';
import { Panel } from '../../../components/panel.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { type ComparedColumn, type Comparison, comparedColumns } from './compared.ts';

/** More axes than this are too narrow to read. */
const mostAxes = 10;
/** In pixels: what the labels of an axis need beside it. */
const axisWidth = 96;

/** The runs over all that differs, and by two numbers of choice. */
export function ComparedCharts({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useMessages();
  const columns = useMemo(() => comparedColumns(comparison), [comparison]);
  const names = useMemo(() => comparison.runs.map(({ name }) => name), [comparison]);
  // Metrics stand last, where lines end.
  const axes = useMemo(() => columns.slice(-mostAxes), [columns]);
  // What one run alone has is no axis.
  const numeric = columns.filter(
    ({ isNumeric, values }) => isNumeric && values.filter((value) => value !== null).length > 1,
  );
  return (
    <>
      <Panel title={t('compare.parallel')} hint={`${t('compare.parallelHint')}. ${t('compare.brushHint')}`}>
        {axes.length < 2 ? (
          <Text size="sm" c="dimmed">
            {t('compare.tooFew')}
          </Text>
        ) : (
          <div style={{ overflowX: 'auto' }}>
            <div style={{ minWidth: axes.length * axisWidth }}>
              <ParallelChart name={t('compare.parallel')} axes={axes} names={names} />
            </div>
          </div>
        )}
      </Panel>
      <Scatter columns={numeric} names={names} />
    </>
  );
}

function Scatter({
  columns,
  names,
}: {
  readonly columns: readonly ComparedColumn[];
  readonly names: readonly string[];
}) {
  const { t } = useMessages();
  const [xKey, setX] = useState<string>();
  const [yKey, setY] = useState<string>();
  const x = columns.find(({ key }) => key === xKey) ?? columns[0];
  const y = columns.find(({ key }) => key === yKey) ?? columns.at(-1);
  const points = useMemo(
    () =>
      names.flatMap((name, place) => {
        const [across, up] = [x?.values[place], y?.values[place]];
        return typeof across === 'number' && typeof up === 'number' ? [{ name, x: across, y: up }] : [];
      }),
    [names, x, y],
  );
  const options = columns.map(({ key, name }) => ({ value: key, label: name }));
  return (
    <Panel
      title={t('compare.scatter')}
      actions={
        <Group gap="xs" wrap="nowrap">
          <NativeSelect
            size="xs"
            aria-label={t('compare.across')}
            value={x?.key ?? ''}
            onChange={(event) => setX(event.currentTarget.value)}
            data={options}
          />
          <NativeSelect
            size="xs"
            aria-label={t('compare.up')}
            value={y?.key ?? ''}
            onChange={(event) => setY(event.currentTarget.value)}
            data={options}
          />
        </Group>
      }
    >
      {x === undefined || y === undefined || columns.length < 2 ? (
        <Text size="sm" c="dimmed">
          {t('compare.tooFew')}
        </Text>
      ) : (
        <ScatterChart points={points} xName={x.name} yName={y.name} />
      )}
    </Panel>
  );
}
