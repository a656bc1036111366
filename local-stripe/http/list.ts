/** Cursor paging, newest first. https://docs.stripe.com/api/pagination */
import { invalid, malformed } from '../errors';
import type { List } from '../types';

export interface Page {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}

/** `records` oldest first, as the store keeps them. */
export function page<R extends { id: string }, V>(
  records: R[],
  by: Page,
  url: string,
  view: (record: R) => V,
  order: 'newest' | 'oldest' = 'newest',
): List<V> {
  const limit = by.limit ?? 10;
  if (limit < 1 || limit > 100) {
    throw malformed(
      'This value must be between 1 and 100 (inclusive).',
      'limit',
      'parameter_invalid_integer',
    );
  }
  if (by.starting_after && by.ending_before) {
    throw malformed(
      'You may only specify one of these parameters: starting_after, ending_before.',
      'starting_after',
    );
  }
  const sorted = order === 'newest' ? [...records].reverse() : records;
  let from = 0;
  let to = limit;
  const cursor = by.starting_after ?? by.ending_before;
  if (cursor) {
    const at = sorted.findIndex((record) => record.id === cursor);
    if (at < 0) {
      throw invalid(
        `No such object: '${cursor}'`,
        by.starting_after ? 'starting_after' : 'ending_before',
        'resource_missing',
      );
    }
    from = by.starting_after ? at + 1 : Math.max(0, at - limit);
    to = by.starting_after ? from + limit : at;
  }
  return {
    object: 'list',
    data: sorted.slice(from, to).map(view),
    has_more: by.ending_before ? from > 0 : to < sorted.length,
    url,
  };
}

/** The same where Stripe counts it: a subscription's items, an invoice's lines (recorded-shapes). */
export function counted<R, V>(records: R[], url: string, view: (record: R) => V): List<V> {
  return { ...embedded(records, url, view), total_count: records.length };
}

/** A list embedded in an object shows its first ten. */
export function embedded<R, V>(records: R[], url: string, view: (record: R) => V, limit = 10): List<V> {
  return { object: 'list', data: records.slice(0, limit).map(view), has_more: records.length > limit, url };
}
