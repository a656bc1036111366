import { countryName } from '@/components/countries';
import { decideTax, otherTaxIds, taxRules } from '@/lib/billing/customers/tax';
import type { FeatureSummary } from '@/lib/billing/entitlements/entitlements';
import type { SubscriptionStatus } from '@/lib/billing/entitlements/standing';
import type { BillingOverview } from '@/lib/billing/reports/overview';
import type { StoreAddOn } from '@/lib/billing/subscriptions/add-ons';
import { features } from '@/lib/features';
import type { Locale } from '@/lib/i18n/locales';
import { holderDiffers } from '@/lib/vat/holder';

// From the domain's rows to what the pieces draw: names and order, no decisions. Amounts are in minor units.

export type PlanFacts = ReturnType<typeof planFacts>;
export type TierFacts = ReturnType<typeof tierFacts>[number];
export type CardFacts = NonNullable<ReturnType<typeof cardFacts>>;
export type DetailsFacts = ReturnType<typeof detailsFacts>;

/** The plan and its state. `status` is the resolved one: a trial past its end is over before the job says so. */
export function planFacts(
  overview: Pick<BillingOverview, 'subscription' | 'currency' | 'graceOver'>,
  status: SubscriptionStatus,
) {
  const row = overview.subscription;
  return {
    status,
    tierName: row?.tier.name ?? null,
    /** A trial that Stripe knows nothing of: nothing will be charged. */
    isLocal: row !== null && row.stripeSubscriptionId === null,
    interval: row?.interval ?? ('month' as const),
    currency: row?.currency ?? overview.currency,
    unitAmount: row?.unitAmount ?? 0,
    currentPeriodEnd: row?.currentPeriodEnd ?? null,
    trialEnd: row?.trialEnd ?? null,
    cancelAt: row?.cancelAt ?? null,
    /** When another plan takes this one's place. */
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
export function tierFacts(overview: BillingOverview) {
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
export function featureUses(summaries: FeatureSummary[]): FeatureSummary[] {
  return summaries.filter((summary) => summary.featureType === 'quantitative');
}

export function cardFacts({ customer }: BillingOverview) {
  const { cardBrand: brand, cardLast4: last4, cardExpMonth: expMonth, cardExpYear: expYear } = customer;
  return brand && last4 && expMonth && expYear ? { brand, last4, expMonth, expYear } : null;
}

export function detailsFacts({ customer }: BillingOverview, locale: Locale) {
  const { name, email, vatNumber, vatStatus, country } = customer;
  const town = [customer.postalCode, customer.city].filter(Boolean).join(' ');
  const address = [
    customer.line1,
    customer.line2,
    town,
    customer.state,
    country ? countryName(locale, country) : '',
  ];
  const { vatCheckedAt, vatConsultationNumber, vatFailures } = customer;
  /** Whom VIES names, as it does; shown, never taken. */
  const vatHolder = [customer.vatName, customer.vatAddress?.replaceAll('\n', ', ')]
    .filter(Boolean)
    .join(', ');
  const vatDiffers = holderDiffers(
    { name, address: [customer.line1, customer.line2, customer.postalCode, customer.city] },
    { name: customer.vatName, address: customer.vatAddress },
  );
  const vat = {
    vatDiffers,
    vatNumber,
    vatStatus,
    vatCheckedAt,
    vatConsultationNumber,
    vatHolder,
    vatFailures,
  };
  return {
    name,
    email,
    address: address.filter(Boolean),
    ...vat,
    others: otherTaxIds(customer),
    taxReason: decideTax(customer, taxRules()).reason,
  };
}

/** The add-ons that this store has now. */
export function ownAddOns(overview: BillingOverview, storeId: string): StoreAddOn[] {
  return overview.storeAddOns.filter((row) => row.storeId === storeId && row.endedAt === null);
}
