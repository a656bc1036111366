/** What the billing pieces draw: plain facts, amounts in minor units, dates as `Date`. */
export type Interval = 'month' | 'year';

export type SubscriptionStatus =
  | 'none'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'paused'
  | 'incomplete'
  | 'incomplete_expired'
  | 'canceled'
  | 'expired';

export type PastDue = {
  since: Date;
  graceUntil: Date;
  graceOver: boolean;
  nextAttemptAt: Date | null;
  amountDue: number;
  failureCode: string | null;
};

export type PlanFacts = {
  status: SubscriptionStatus;
  tierName: string | null;
  /** A trial that Stripe knows nothing of: nothing will be charged. */
  isLocal: boolean;
  interval: Interval;
  currency: string;
  unitAmount: number;
  currentPeriodEnd: Date | null;
  trialEnd: Date | null;
  cancelAt: Date | null;
  /** When another plan takes this one's place. */
  pendingAt: Date | null;
  endedAt: Date | null;
  amountDue: number;
  pastDue: PastDue | null;
};

export type InvoiceRow = {
  id: string;
  number: string | null;
  issuedAt: Date;
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  kind: 'plan' | 'add_on' | 'credits';
  currency: string;
  subtotal: number;
  tax: number;
  total: number;
  refunded: number;
  disputed: boolean;
  hostedInvoiceUrl: string | null;
  invoicePdf: string | null;
};

export type FeatureUse = {
  code: string;
  /** As the module declares it; the translation goes before. */
  name: string;
  enabled: boolean;
  limit: number | null;
  current: number;
};

/** What the viewer's merchant can do with a plan, as the domain decided it. */
export type TierChoice =
  | 'current'
  | 'planned'
  | 'contact'
  | 'subscribe'
  | 'subscribe_or_try'
  | 'upgrade'
  | 'downgrade'
  | 'interval'
  | 'unavailable';

export type TierFacts = {
  code: string;
  name: string;
  description: string;
  isSelfService: boolean;
  prices: { currency: string; interval: Interval; unitAmount: number }[];
  limits: TierLimit[];
  choices: Record<Interval, TierChoice>;
};

export type TierLimit = {
  featureCode: string;
  name: string;
  binary: boolean;
  enabled: boolean;
  limitValue: number | null;
};

export type CardFacts = { brand: string; last4: string; expMonth: number; expYear: number };

export type DetailsFacts = {
  name: string;
  email: string;
  /** Lines of the address as they are printed, country last. */
  address: string[];
  vatNumber: string | null;
  vatStatus: 'none' | 'pending' | 'valid' | 'invalid' | 'unavailable';
  taxExempt: 'none' | 'reverse' | 'exempt';
};

export type AddOnFacts = {
  code: string;
  name: string;
  description: string;
  category: 'domain' | 'ssl' | 'email' | 'other';
  currency: string;
  unitAmount: number;
  interval: Interval;
  features: { featureCode: string; amount: number }[];
};

export type OwnAddOn = {
  id: string;
  name: string;
  domain: string | null;
  /** Billed with the plan: it ends at once when it is cancelled. */
  isOnPlan: boolean;
  status: SubscriptionStatus;
  currentPeriodEnd: Date | null;
  cancelAt: Date | null;
};

export type CreditFacts = {
  monthly: number;
  purchased: number;
  resetsAt: Date | null;
  ledger: {
    id: string;
    at: Date;
    kind: 'grant' | 'purchase' | 'spend' | 'expire' | 'refund' | 'adjust';
    bucket: 'monthly' | 'purchased';
    amount: number;
    reason: string;
  }[];
};

export type PackageFacts = {
  code: string;
  name: string;
  credits: number;
  currency: string;
  unitAmount: number;
};
