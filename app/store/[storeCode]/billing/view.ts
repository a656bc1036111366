import type {
  CardFacts,
  DetailsFacts,
  FeatureUse,
  InvoiceRow,
  OwnAddOn,
  PlanFacts,
  TierFacts,
} from '@/components/billing/shapes';
import { countryName } from '@/components/countries';
import type { FeatureSummary } from '@/lib/billing/entitlements/entitlements';
import type { SubscriptionStatus } from '@/lib/billing/entitlements/standing';
import type { BillingOverview } from '@/lib/billing/reports/overview';
import { features } from '@/lib/features';
import type { Locale } from '@/lib/i18n/locales';

// From the domain's rows to what the pieces draw: names and order, no decisions.

/** The plan and its state. `status` is the resolved one: a trial past its end is over before the job says so. */
export function planFacts(
  overview: Pick<BillingOverview, 'subscription' | 'currency' | 'graceOver'>,
  status: SubscriptionStatus,
): PlanFacts {
  const row = overview.subscription;
  return {
    status,
    tierName: row?.tier.name ?? null,
    isLocal: row !== null && row.stripeSubscriptionId === null,
    interval: row?.interval ?? 'month',
    currency: row?.currency ?? overview.currency,
    unitAmount: row?.unitAmount ?? 0,
    currentPeriodEnd: row?.currentPeriodEnd ?? null,
    trialEnd: row?.trialEnd ?? null,
    cancelAt: row?.cancelAt ?? null,
    pendingAt: row?.pendingAt ?? null,
    endedAt: row?.endedAt ?? row?.canceledAt ?? (status === 'canceled' ? (row?.cancelAt ?? null) : null),
    amountDue: row?.amountDue ?? 0,
    pastDue:
      row?.pastDueSince && row.graceUntil
        ? {
            since: row.pastDueSince,
            graceUntil: row.graceUntil,
            graceOver: overview.graceOver,
            nextAttemptAt: row.nextAttemptAt,
            amountDue: row.amountDue,
            failureCode: row.failureCode,
          }
        : null,
  };
}

/** The plans with their limits in the order of the feature list. */
export function tierFacts(overview: BillingOverview): TierFacts[] {
  return overview.tiers.map((tier) => ({
    code: tier.code,
    name: tier.name,
    description: tier.description,
    isSelfService: tier.isSelfService,
    prices: tier.prices,
    choices: tier.choices,
    limits: features.flatMap((feature) => {
      const limit = tier.limits.find((one) => one.featureCode === feature.code);
      if (!limit) return [];
      return [{ ...limit, name: feature.name, binary: feature.kind === 'flag' }];
    }),
  }));
}

/** The limits that are counted. */
export function featureUses(summaries: FeatureSummary[]): FeatureUse[] {
  return summaries.filter((summary) => summary.featureType === 'quantitative');
}

export function cardFacts({ customer }: BillingOverview): CardFacts | null {
  const { cardBrand: brand, cardLast4: last4, cardExpMonth: expMonth, cardExpYear: expYear } = customer;
  return brand && last4 && expMonth && expYear ? { brand, last4, expMonth, expYear } : null;
}

export function detailsFacts({ customer }: BillingOverview, locale: Locale): DetailsFacts {
  const { name, email, vatNumber, vatStatus, taxExempt, country } = customer;
  const town = [customer.postalCode, customer.city].filter(Boolean).join(' ');
  const address = [
    customer.line1,
    customer.line2,
    town,
    customer.state,
    country ? countryName(locale, country) : '',
  ];
  return { name, email, address: address.filter(Boolean), vatNumber, vatStatus, taxExempt };
}

export function invoiceRows(rows: BillingOverview['invoices']): InvoiceRow[] {
  return rows.map((row) => ({ ...row, disputed: row.disputedAt !== null }));
}

/** The add-ons that this store has now. */
export function ownAddOns(overview: BillingOverview, storeId: string): OwnAddOn[] {
  return overview.storeAddOns.filter((row) => row.storeId === storeId && row.endedAt === null);
}
