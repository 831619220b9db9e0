import type { CSSProperties, ReactNode } from 'react';

export interface TableColumn<Row> {
  readonly key: string;
  readonly header: ReactNode;
  /** For those who do not see the header, and where it is no text. */
  readonly label: string;
  readonly cell: (row: Row) => ReactNode;
  /** Pixels. */
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** Stays at the left when the others move; pinned columns come first. */
  readonly pinned?: boolean;
  /** Whether it stays where and as it is, and orders nothing. */
  readonly fixed?: boolean;
}

export interface ColumnOrder {
  readonly key: string;
  readonly direction: 'asc' | 'desc';
}

/** Where a cell stands. */
export interface CellPlace {
  readonly style: CSSProperties;
  readonly pinned: boolean;
  readonly lastPinned: boolean;
}
