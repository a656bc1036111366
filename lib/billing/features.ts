import type { SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { invalid, NotFound } from '@/lib/errors';
import type { Account } from './accounts';

export type Period = { start: Date; end: Date };

/** An account whose use is to be counted: all of it (`period` null), or what falls into its billing month. */
export type CountedAccount = Account & { period: Period | null };

/** What is used, by store id; what names no store is under ''. */
export type Use = { total: number; byStore: Record<string, number> };

/**
 * The live count of a feature by the module that owns the rows: any number of accounts in one statement, by `accountKey`.
 * An account without rows may be left out. Units reported over the API are added by the core.
 */
export type LiveCount = (db: Db, accounts: CountedAccount[]) => Promise<Map<string, Use>>;

type Words = {
  /** English; pages translate `nameKey` and fall back to this. */
  name: string;
  category: string;
  /** Default `features.<code>`. */
  nameKey?: string;
};

type Declared = { code: string; name: string; nameKey: string; category: string };

/** On or off. */
export type Flag = Declared & { kind: 'flag' };
/** Counted against a limit: `stock` = what is there now, `flow` = what happened in the billing month. */
export type Metered = Declared & { kind: 'stock' | 'flow'; unit: string; count: LiveCount };
/** Given each month, not counted here. */
export type Grant = Declared & { kind: 'grant'; unit: string };

export type Feature = Flag | Metered | Grant;

const declare = (code: string, words: Words): Declared => ({
  code,
  name: words.name,
  nameKey: words.nameKey ?? `features.${code}`,
  category: words.category,
});

/** A feature that a plan has or has not. */
export function flag(code: string, words: Words): Flag {
  return { ...declare(code, words), kind: 'flag' };
}

/** A limit on what is there at one time: units are taken by `consume` and given back by `release`. */
export function limit(code: string, words: Words & { unit: string; count: LiveCount }): Metered {
  return { ...declare(code, words), kind: 'stock', unit: words.unit, count: words.count };
}

/** A limit on what happens within one billing month. */
export function quota(code: string, words: Words & { unit: string; count: LiveCount }): Metered {
  return { ...declare(code, words), kind: 'flow', unit: words.unit, count: words.count };
}

/** What a tier grants each billing month (credits): has a tier limit, but no meter. */
export function grant(code: string, words: Words & { unit: string }): Grant {
  return { ...declare(code, words), kind: 'grant', unit: words.unit };
}

/** For a feature without rows of ours: only what was reported over the API counts. */
export const onlyReported: LiveCount = async () => new Map();

/** The period of a stock's one counter row. */
export const EPOCH = new Date(0);

/** The key of an account in the maps of this library. */
export const accountKey = (account: Account) => `${account.merchantId} ${account.platformId}`;

export const isMetered = (feature: Feature): feature is Metered =>
  feature.kind === 'stock' || feature.kind === 'flow';

/** The API's word for the kind. */
export const featureType = (feature: Feature): 'binary' | 'quantitative' =>
  feature.kind === 'flag' ? 'binary' : 'quantitative';

/** A feature by code. @throws NotFound */
export function getFeature(features: readonly Feature[], code: string): Feature {
  const feature = features.find((one) => one.code === code);
  if (!feature) throw new NotFound('feature', code);
  return feature;
}

/** A feature that can be counted, by code. @throws NotFound, ValidationFailed naming `path` for a flag or a grant */
export function getMetered(features: readonly Feature[], code: string, path = 'feature'): Metered {
  const feature = getFeature(features, code);
  if (!isMetered(feature)) throw invalid(path, 'not_counted', 'is not a feature that is counted');
  return feature;
}

/** The most units one call may take or give back. */
export const MAX_QUANTITY = 1_000_000_000;

/** Credits that a tier gives each billing month; `credits.ts` books them. */
export const monthlyCredits = grant('monthly_credits', {
  name: 'Monthly credits',
  category: 'credits',
  unit: 'credit',
});

type CountRow = Account & { storeId: string | null; units: number };

/**
 * Counts by a provider's statement that selects `merchant_id, platform_id, store_id, units`, one row per account and store:
 * the map that `LiveCount` promises, added to `uses` when they are given.
 */
export async function countUse(
  db: Db,
  statement: SQL,
  uses = new Map<string, Use>(),
): Promise<Map<string, Use>> {
  for (const row of await readRows<CountRow>(db, statement, { numbers: ['units'] })) {
    const key = accountKey(row);
    const use = uses.get(key) ?? { total: 0, byStore: {} };
    const store = row.storeId ?? '';
    use.total += row.units;
    use.byStore[store] = (use.byStore[store] ?? 0) + row.units;
    uses.set(key, use);
  }
  return uses;
}
