import { Table } from '@mantine/core';
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
      <Table
        className="data-table"
        aria-label={label}
        highlightOnHover
        onKeyDown={moveBetweenRows}
        verticalSpacing={5}
        horizontalSpacing={12}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.key} scope="col" data-align={column.align}>
                {column.header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map((column) => (
                <Table.Td key={column.key} data-align={column.align} data-grow={column.grow}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {more ? <LoadMore more={more} /> : null}
    </>
  );
}
