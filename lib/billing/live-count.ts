import type { Use } from './features';
import { accountKey } from './features';

type CountRow = { merchant_id: string; platform_id: string; store_id: string | null; units: number };

/** Rows of a provider's statement, one per account and store, as the map that `LiveCount` promises. */
export function toUse(rows: Iterable<Record<string, unknown>>): Map<string, Use> {
  const uses = new Map<string, Use>();
  for (const row of rows as Iterable<CountRow>) {
    const key = accountKey({ merchantId: row.merchant_id, platformId: row.platform_id });
    const use = uses.get(key) ?? { total: 0, byStore: {} };
    const units = Number(row.units);
    const store = row.store_id ?? '';
    use.total += units;
    use.byStore[store] = (use.byStore[store] ?? 0) + units;
    uses.set(key, use);
  }
  return uses;
}
