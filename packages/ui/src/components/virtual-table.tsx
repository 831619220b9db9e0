import {
  type CSSProperties,
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useMessages } from '../messages/use-messages.tsx';
import { moveBetweenRows } from './row-keys.ts';
import type { CellPlace, ColumnOrder, TableColumn } from './table-column.ts';
import { useDrawnRows } from './use-drawn-rows.ts';
import { VirtualColumn } from './virtual-column.tsx';
import './virtual-table.css';

interface VirtualTableProps<Row> {
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  /** Those that are here, from the first on. */
  readonly rows: readonly Row[];
  /** How many there are in all; rows that are on their way have their place. */
  readonly count: number;
  readonly rowKey: (row: Row) => string;
  /** Asked for while the window shows rows that are not here. */
  readonly onMissing: () => void;
  readonly order: ColumnOrder | undefined;
  readonly onOrder: (key: string) => void;
  readonly onResize: (key: string, width: number) => void;
  /** Puts a column before another. */
  readonly onMove: (key: string, before: string) => void;
}

const rowHeight = 34;

/**
 * A table of any length, of which only what the window shows is drawn. Rows that are put above the first leave the window
 * where it was.
 */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, columns, rows, count, rowKey, onMissing, order, onOrder, onResize, onMove } = props;
  const { t } = useMessages();
  const place = useRef<HTMLDivElement>(null);
  const { drawn, look } = useDrawnRows(place, { count, rowHeight });
  const [over, setOver] = useState<string>();

  const first = rows[0] === undefined ? undefined : rowKey(rows[0]);
  const firstBefore = useRef(first);
  useLayoutEffect(() => {
    const before = firstBefore.current;
    firstBefore.current = first;
    const element = place.current;
    if (!element || before === undefined || before === first || element.scrollTop === 0) return;
    const moved = rows.findIndex((row) => rowKey(row) === before);
    if (moved > 0) element.scrollTop += moved * rowHeight;
  }, [first, rows, rowKey]);

  const isMissing = drawn.until > rows.length && rows.length < count;
  useEffect(() => {
    if (isMissing) onMissing();
  }, [isMissing, onMissing]);

  const cells = useMemo(() => placeColumns(columns), [columns]);
  const widths = useMemo(() => widthsOf(columns), [columns]);
  const grid = useRef<HTMLTableElement>(null);
  const drag = useCallback((index: number, width: number) => {
    grid.current?.style.setProperty(widthName(index), `${width}px`);
  }, []);
  const shown = Array.from(
    { length: Math.max(0, drawn.until - drawn.from) },
    (_, index) => drawn.from + index,
  );
  return (
    <div ref={place} className="virtual-table" onScroll={look}>
      <table
        ref={grid}
        onKeyDown={moveBetweenRows}
        aria-label={label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        style={widths}
      >
        <thead className="virtual-head">
          <tr aria-rowindex={1}>
            {cells.map(({ column, ...at }, index) => (
              <VirtualColumn
                key={column.key}
                column={column}
                at={at}
                order={order}
                onOrder={onOrder}
                onDrag={(width) => drag(index, width)}
                onResize={onResize}
                isOver={over === column.key}
                onOver={setOver}
                onMove={onMove}
              />
            ))}
          </tr>
        </thead>
        <tbody style={{ height: count * rowHeight }}>
          {shown.map((index) => {
            const row = rows[index];
            return row === undefined ? (
              <tr
                key={`waiting ${index}`}
                className="virtual-row"
                aria-rowindex={index + 2}
                data-waiting="true"
                style={{ top: index * rowHeight }}
              >
                <td className="virtual-cell" style={{ width: '100%' }} aria-label={t('state.loading')}>
                  <span className="virtual-waiting" />
                </td>
              </tr>
            ) : (
              <TableRow key={rowKey(row)} row={row} index={index} cells={cells} />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

type PlacedColumn<Row> = CellPlace & { readonly column: TableColumn<Row> };

function placeColumns<Row>(columns: readonly TableColumn<Row>[]): readonly PlacedColumn<Row>[] {
  const lastPinned = columns.findLastIndex(({ pinned }) => pinned);
  const before: string[] = [];
  return columns.map((column, index) => {
    const pinned = column.pinned ?? false;
    const width = `var(${widthName(index)})`;
    const style = { width, ...(pinned ? { left: sumOf(before) } : {}) };
    if (pinned) before.push(width);
    return { column, style, pinned, lastPinned: index === lastPinned };
  });
}

/** The widths stand once, at the table: a column that is dragged wider is laid out anew, and no cell is drawn again. */
function widthsOf<Row>(columns: readonly TableColumn<Row>[]): CSSProperties {
  const names = columns.map((_, index) => `var(${widthName(index)})`);
  return {
    ...Object.fromEntries(columns.map(({ width }, index) => [widthName(index), `${width}px`])),
    width: sumOf(names),
  };
}

function widthName(index: number): string {
  return `--width-${index}`;
}

function sumOf(widths: readonly string[]): string {
  return widths.length === 0 ? '0px' : `calc(${widths.join(' + ')})`;
}

interface TableRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly cells: readonly PlacedColumn<Row>[];
}

// Rows stay as they are while the window moves over them.
const TableRow = memo(function TableRow<Row>({ row, index, cells }: TableRowProps<Row>) {
  return (
    <tr className="virtual-row" aria-rowindex={index + 2} style={{ top: index * rowHeight }}>
      {cells.map(({ column, style, pinned, lastPinned }) => (
        <td
          key={column.key}
          className="virtual-cell"
          data-align={column.align}
          data-pinned={pinned}
          data-last-pinned={lastPinned}
          style={style}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}) as <Row>(props: TableRowProps<Row>) => ReactNode;
