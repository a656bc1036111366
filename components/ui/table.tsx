import type { ReactNode } from 'react';

export type Column<Row> = {
  key: string;
  header: ReactNode;
  /** The name of the value at 360 px; the header, when that is plain text. `''` for a cell that needs no name. */
  label?: string;
  align?: 'left' | 'right';
  cell: (row: Row) => ReactNode;
};

/**
 * A list: a table on a wide screen, rows of name and value on a narrow one. A link in a cell with the class `stretch`
 * (`after:absolute after:inset-0`) makes the whole row clickable.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
}: {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
}) {
  return (
    <table className="pairs w-full text-left">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="border-b border-line text-sm text-muted">
          {columns.map((column) => (
            <th
              key={column.key}
              scope="col"
              className={`px-3 py-2 font-medium first:pl-6 last:pr-6 ${column.align === 'right' ? 'text-right' : ''}`}
            >
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map((row) => (
          <tr key={rowKey(row)} className="relative hover:bg-sunken/60">
            {columns.map((column) => (
              <td
                key={column.key}
                data-label={column.label ?? (typeof column.header === 'string' ? column.header : undefined)}
                className={`px-3 py-2.5 align-baseline sm:first:pl-6 sm:last:pr-6 ${column.align === 'right' ? 'text-right' : ''}`}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
