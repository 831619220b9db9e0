import type { ReactNode } from 'react';
import { LoadMore, type More } from './load-more.tsx';
import { moveBetweenRows } from './row-keys.ts';
import './data-table.css';

export interface Column<Row> {
  readonly key: string;
  readonly header: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'left' | 'right';
  /** Takes what is left; others keep their content on one line. */
  readonly grow?: boolean;
  /** Stays in view when the table is moved sideways. */
  readonly pinned?: boolean;
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly more?: More;
}

/** A dense table; numbers stand right. */
export function DataTable<Row>({ label, columns, rows, rowKey, more }: DataTableProps<Row>) {
  return (
    <>
      <table className="data-table dense-table" aria-label={label} onKeyDown={moveBetweenRows}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-align={column.align} data-pinned={column.pinned}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  data-align={column.align}
                  data-grow={column.grow}
                  data-pinned={column.pinned}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more ? <LoadMore more={more} /> : null}
    </>
  );
}
