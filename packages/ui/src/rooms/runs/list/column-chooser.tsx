import { type RunNames, runFieldText } from '@esteira/contracts';
import { ActionIcon, Button, Checkbox, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMessages } from '../../../messages/use-messages.tsx';
import { type ColumnChoice, pinnedFirst } from './list-question.ts';
import { columnLabel, shownAttributes } from './run-columns.tsx';

interface ColumnChooserProps {
  readonly columns: readonly ColumnChoice[];
  readonly names: RunNames;
  readonly onColumns: (columns: readonly ColumnChoice[]) => void;
  /** Back to the columns that the page chooses by itself. */
  readonly onReset: () => void;
}

/** More names than this are searched for rather than read. */
const mostOffered = 100;

/** Which columns the list has, in which order, and which stay in view. */
export function ColumnChooser({ columns, names, onColumns, onReset }: ColumnChooserProps) {
  const { t } = useMessages();
  const [wanted, setWanted] = useState('');
  const shown = new Set(columns.map(({ field }) => field));
  const offered = [
    ...shownAttributes,
    ...names.metrics.map((name) => runFieldText({ kind: 'metric', name })),
    ...names.params.map((name) => runFieldText({ kind: 'param', name })),
    ...names.tags.map((name) => runFieldText({ kind: 'tag', name })),
  ].filter((field) => !shown.has(field) && field.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Popover width={340} position="bottom-end" shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <Button variant="default">{t('columns.title')}</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TextInput
          size="xs"
          data-autofocus
          aria-label={t('columns.search')}
          placeholder={t('columns.search')}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <ul className="column-choices">
          {columns.length > 0 ? (
            <li>
              <h3>{t('columns.shown')}</h3>
            </li>
          ) : null}
          {columns.map((column, index) => {
            const label = columnLabel(column.field, t);
            return (
              <li key={column.field}>
                <Checkbox
                  size="xs"
                  checked
                  onChange={() => onColumns(columns.filter(({ field }) => field !== column.field))}
                  aria-label={t('columns.show', { column: column.field })}
                />
                <span className="column-name" title={column.field}>
                  {label}
                </span>
                <Move
                  label={t('columns.left', { column: label })}
                  sign="↑"
                  isPossible={columns[index - 1]?.pinned === column.pinned && index > 0}
                  onMove={() => onColumns(swapped(columns, index - 1))}
                />
                <Move
                  label={t('columns.right', { column: label })}
                  sign="↓"
                  isPossible={
                    columns[index + 1] !== undefined && columns[index + 1]?.pinned === column.pinned
                  }
                  onMove={() => onColumns(swapped(columns, index))}
                />
                <Checkbox
                  size="xs"
                  label={t('columns.pin')}
                  checked={column.pinned ?? false}
                  onChange={() =>
                    onColumns(pinnedFirst(columns.map((one) => (one === column ? pin(one) : one))))
                  }
                />
              </li>
            );
          })}
          {offered.length > 0 ? (
            <li>
              <h3>{t('columns.others')}</h3>
            </li>
          ) : null}
          {offered.slice(0, mostOffered).map((field) => (
            <li key={field}>
              <Checkbox
                size="xs"
                checked={false}
                onChange={() => onColumns([...columns, { field }])}
                label={
                  <span className="column-name" title={field}>
                    {field.includes('.') ? field : columnLabel(field, t)}
                  </span>
                }
              />
            </li>
          ))}
          {offered.length > mostOffered ? (
            <li className="faint">{t('columns.more', { count: offered.length - mostOffered })}</li>
          ) : null}
        </ul>
        <Button size="compact-xs" variant="subtle" mt={6} onClick={onReset}>
          {t('columns.reset')}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}

function Move({
  label,
  sign,
  isPossible,
  onMove,
}: {
  readonly label: string;
  readonly sign: string;
  readonly isPossible: boolean;
  readonly onMove: () => void;
}) {
  return (
    <ActionIcon
      size="xs"
      variant="subtle"
      color="gray"
      aria-label={label}
      disabled={!isPossible}
      onClick={onMove}
    >
      {sign}
    </ActionIcon>
  );
}

/** The column at a place behind the one that follows it. */
function swapped(columns: readonly ColumnChoice[], place: number): readonly ColumnChoice[] {
  const moved = columns[place];
  return moved === undefined ? columns : columns.toSpliced(place, 1).toSpliced(place + 1, 0, moved);
}

function pin({ pinned, ...column }: ColumnChoice): ColumnChoice {
  return pinned ? column : { ...column, pinned: true };
}
