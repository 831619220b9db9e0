import type { ReactNode } from 'react';
import type { Pages } from '../api/use-answer.ts';
import { Listed } from './answered.tsx';
import { type Column, DataTable } from './data-table.tsx';

interface PagedTableProps<Row> {
  readonly label: string;
  readonly pages: Pages<Row>;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Stands there while the list has nothing; by default nothing does. */
  readonly empty?: ReactNode;
}

/** A list that is read page by page, as a table. */
export function PagedTable<Row>({ label, pages, columns, rowKey, empty = null }: PagedTableProps<Row>) {
  return (
    <Listed pages={pages} empty={empty}>
      {(rows) => <DataTable label={label} columns={columns} rows={rows} rowKey={rowKey} more={pages} />}
    </Listed>
  );
}
