import type { Route } from 'next';
import type { ReactNode } from 'react';
import { Card } from './card';
import { EmptyState } from './empty-state';
import { type Filter, FilterBar } from './filter-bar';
import type { IconName } from './icon';
import { PageHeader } from './page-header';
import { Pager, type Paging } from './pager';
import { type Column, Table } from './table';

/**
 * A page that is a list: what it is, its filters (in the address), the rows, the way to the next page, and how to begin
 * where there is nothing. `children` stand between the heading and the list.
 */
export function ListPage<Row>({
  title,
  description,
  actions,
  children,
  filters,
  exportHref,
  columns,
  rows,
  rowKey,
  empty,
  ...paging
}: Paging & {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  filters?: Filter[];
  exportHref?: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** What is said where there are no rows; left out for a list that always has some. */
  empty?: { icon: IconName; title: string; text: string };
}) {
  return (
    <>
      <PageHeader title={title} description={description} actions={actions} />
      {children}
      {filters ? <FilterBar path={paging.path as Route} filters={filters} exportHref={exportHref} /> : null}
      <Card flush>
        {empty && rows.length === 0 ? (
          <EmptyState icon={empty.icon} title={empty.title}>
            {empty.text}
          </EmptyState>
        ) : (
          <Table caption={title} columns={columns} rows={rows} rowKey={rowKey} />
        )}
        <Pager {...paging} />
      </Card>
    </>
  );
}
