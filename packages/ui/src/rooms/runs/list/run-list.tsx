import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { LoadingLines } from '../../../components/answered.tsx';
import { ErrorNotice } from '../../../components/error-notice.tsx';
import { VirtualTable } from '../../../components/virtual-table.tsx';
import { useMessages } from '../../../messages/use-messages.tsx';
import { type ColumnChoice, moveColumn, nextOrder } from './list-question.ts';
import { ChosenRuns } from './run-choice.tsx';
import { chosenColumn, matchColumn, runColumn } from './run-columns.tsx';
import { readOrder } from './run-field.ts';
import { type ListedRun, type RunScope, useRunList } from './use-run-list.ts';

interface RunListProps {
  readonly scope: RunScope;
  readonly order: string;
  readonly columns: readonly ColumnChoice[];
  /** Shown until the list itself is here. */
  readonly sample: readonly ListedRun[];
  readonly onOrder: (order: string) => void;
  readonly onColumns: (columns: readonly ColumnChoice[]) => void;
  /** Ids of the runs that are ticked to be compared. */
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (id: string) => void;
}

/** Runs as rows, however many there are. */
export function RunList(props: RunListProps) {
  const { scope, order, columns, sample, onOrder, onColumns, chosen, onChoose } = props;
  const messages = useMessages();
  const { t } = messages;
  const list = useRunList(scope, order, columns);
  const rows = list.items ?? sample;
  const shown = useMemo(() => {
    const [first, ...others] = columns.flatMap((choice) => runColumn(choice, messages) ?? []);
    return [
      chosenColumn(t),
      ...(first === undefined ? [] : [first]),
      ...(scope.text === undefined ? [] : [matchColumn(t)]),
      ...others,
    ];
  }, [t, scope.text, columns, messages]);
  const ticks = useMemo(() => ({ chosen, onChoose }), [chosen, onChoose]);
  if (list.error && list.items === undefined) return <ErrorNotice error={list.error} retry={list.reload} />;
  if (rows.length === 0) return <LoadingLines lines={8} />;
  return (
    <>
      {list.error ? <ErrorNotice error={list.error} /> : null}
      <div className="run-news" aria-live="polite">
        {list.started > 0 ? (
          <Button size="compact-xs" variant="light" onClick={list.reload}>
            {t('runs.started', { count: list.started })}
          </Button>
        ) : null}
      </div>
      <ChosenRuns value={ticks}>
        <VirtualTable
          label={t('runs.title')}
          columns={shown}
          rows={rows}
          count={Math.max(list.count, rows.length)}
          rowKey={idOf}
          onMissing={list.loadMore}
          order={readOrder(order)}
          onOrder={(field) => onOrder(nextOrder(order, field))}
          onResize={(field, width) =>
            onColumns(columns.map((column) => (column.field === field ? { ...column, width } : column)))
          }
          onMove={(field, before) => onColumns(moveColumn(columns, field, before))}
        />
      </ChosenRuns>
      <div className="run-count">{t('runs.count', { count: list.count })}</div>
    </>
  );
}

function idOf(run: ListedRun): string {
  return run.id;
}
