import type { ReactNode } from 'react';
import { DateText } from './date-text';

export type Column<Row> = {
  key: string;
  header: ReactNode;
  /** The name of the value at 360 px; the header, when that is plain text. `''` for a cell that needs no name. */
  label?: string;
  align?: 'left' | 'right';
  cell: (row: Row) => ReactNode;
};

/** When a row began, at the end of its line. */
export const dateColumn = <Row,>(key: string, header: string, of: (row: Row) => Date): Column<Row> => ({
  key,
  header,
  align: 'right',
  cell: (row) => <DateText value={of(row)} style="short" />,
});

/**
 * A list: a table on a wide screen, rows of name and value on a narrow one. A link in a cell with the class `stretch`
 * makes the whole row clickable.
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
  const end = (column: Column<Row>) => (column.align === 'right' ? 'end' : undefined);
  return (
    <table className="list pairs">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.key} scope="col" className={end(column)}>
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
                data-label={column.label ?? (typeof column.header === 'string' ? column.header : undefined)}
                className={end(column)}
              >
                <Cell>{column.cell(row)}</Cell>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What stands in a cell stays together when the row becomes a list of pairs. Nothing is nothing: such a pair is left out. */
function Cell({ children }: { children: ReactNode }) {
  return children === null || children === undefined ? null : <div className="min-w-0">{children}</div>;
}
