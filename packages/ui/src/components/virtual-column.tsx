import type { KeyboardEvent, PointerEvent } from 'react';
import { useMessages } from '../messages/use-messages.tsx';
import type { CellPlace, ColumnOrder, TableColumn } from './table-column.ts';

interface VirtualColumnProps<Row> {
  readonly column: TableColumn<Row>;
  readonly at: CellPlace;
  readonly order: ColumnOrder | undefined;
  readonly onOrder: (key: string) => void;
  /** While its edge is dragged. */
  readonly onDrag: (width: number) => void;
  readonly onResize: (key: string, width: number) => void;
  readonly isOver: boolean;
  readonly onOver: (key: string | undefined) => void;
  readonly onMove: (key: string, before: string) => void;
}

const narrowest = 48;
const widest = 1200;
/** By one press of an arrow. */
const keyStep = 16;
const dragType = 'application/x-esteira-column';

/** The head of a column: a click orders, its right edge makes it wider, and it is dragged to another place. */
export function VirtualColumn<Row>(props: VirtualColumnProps<Row>) {
  const { column, at, order, onOrder, onDrag, onResize, isOver, onOver, onMove } = props;
  const { t } = useMessages();
  const { key, header, label, width, align, fixed } = column;
  const direction = order?.key === key ? order.direction : undefined;
  if (fixed)
    return (
      <th
        className="virtual-column"
        scope="col"
        title={label}
        data-pinned={at.pinned}
        data-last-pinned={at.lastPinned}
        style={at.style}
      >
        {header}
      </th>
    );
  return (
    <th
      className="virtual-column"
      scope="col"
      data-align={align}
      data-pinned={at.pinned}
      data-last-pinned={at.lastPinned}
      style={at.style}
      aria-sort={direction === undefined ? 'none' : direction === 'asc' ? 'ascending' : 'descending'}
      data-over={isOver}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(dragType)) return;
        event.preventDefault();
        onOver(key);
      }}
      onDragLeave={() => onOver(undefined)}
      onDrop={(event) => {
        event.preventDefault();
        onOver(undefined);
        onMove(event.dataTransfer.getData(dragType), key);
      }}
    >
      <button
        type="button"
        className="virtual-sort"
        title={t('table.orderBy', { column: label })}
        draggable
        onDragStart={(event) => event.dataTransfer.setData(dragType, key)}
        onClick={() => onOrder(key)}
      >
        {header} {direction === undefined ? '' : direction === 'desc' ? '↓' : '↑'}
      </button>
      <hr
        className="virtual-resize"
        aria-orientation="vertical"
        aria-label={t('table.width', { column: label })}
        aria-valuenow={width}
        aria-valuemin={narrowest}
        aria-valuemax={widest}
        tabIndex={0}
        onPointerDown={drag}
        onKeyDown={press}
      />
    </th>
  );

  function drag(event: PointerEvent<HTMLHRElement>): void {
    event.preventDefault();
    const edge = event.currentTarget;
    const began = event.clientX;
    let reached = width;
    edge.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent): void => {
      reached = within(width + moved.clientX - began);
      onDrag(reached);
    };
    const end = (): void => {
      edge.removeEventListener('pointermove', move);
      if (reached !== width) onResize(key, reached);
    };
    edge.addEventListener('pointermove', move);
    edge.addEventListener('lostpointercapture', end, { once: true });
  }

  function press(event: KeyboardEvent<HTMLHRElement>): void {
    if (event.key === 'ArrowLeft') onResize(key, within(width - keyStep));
    else if (event.key === 'ArrowRight') onResize(key, within(width + keyStep));
    else return;
    event.preventDefault();
  }
}

function within(width: number): number {
  return Math.round(Math.min(widest, Math.max(narrowest, width)));
}
