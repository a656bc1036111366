/**
 * What goes over the wire and what is kept. `Wire<T>` is the SDK's own type as JSON: decimals are strings
 * (stripe.md 38) and references are ids until they are expanded. A record (`Rec`) is its wire form plus `_`, the
 * facts only this program knows; `_` never leaves it.
 */
import type Stripe from 'stripe';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

type Field<T> = string extends T ? Wire<Exclude<T, { object: string }>> : Wire<T>;
export type Wire<T> = T extends string
  ? T
  : T extends Stripe.Decimal
    ? string
    : T extends (infer U)[]
      ? Field<U>[]
      : T extends object
        ? { [K in keyof T]: Field<T[K]> }
        : T;

export interface List<T> {
  object: 'list';
  data: T[];
  has_more: boolean;
  total_count?: number;
  url: string;
}

export type Metadata = { [key: string]: string };
export type Address = {
  city: string | null;
  country: string | null;
  line1: string | null;
  line2: string | null;
  postal_code: string | null;
  state: string | null;
};

export type Customer = Wire<Stripe.Customer> & { metadata: Metadata; test_clock: string | null };
export type Product = Wire<Stripe.Product>;
export type Price = Wire<Stripe.Price> & { _?: { inline?: boolean } };
export type PaymentMethod = Wire<Stripe.PaymentMethod> & { _: { number: string; authenticated: boolean } };
export type TaxId = Wire<Stripe.TaxId> & { _: { verify_at: number | null; test_clock: string | null } };
export type Coupon = Wire<Stripe.Coupon>;
export type PromotionCode = Wire<Stripe.PromotionCode>;
export type Discount = Wire<Stripe.Discount>;
export type SetupIntent = Wire<Stripe.SetupIntent>;
export type PaymentIntent = Wire<Stripe.PaymentIntent> & {
  _: {
    invoice: string | null;
    session: string | null;
    return_url: string | null;
    off_session: boolean;
    /** When a bank debit under way has come, or not. */
    settle_at: number | null;
  };
};
export type Charge = Omit<Wire<Stripe.Charge>, 'refunds'> & { _: { invoice: string | null } };
export type Refund = Wire<Stripe.Refund>;
export type Dispute = Wire<Stripe.Dispute>;
export type CreditNote = Omit<Wire<Stripe.CreditNote>, 'lines'> & { lines: CreditNoteLine[] };
export type CreditNoteLine = Wire<Stripe.CreditNoteLineItem>;
export type BalanceTransaction = Wire<Stripe.BalanceTransaction>;
export type CustomerBalanceTransaction = Wire<Stripe.CustomerBalanceTransaction>;
export type TaxRate = Wire<Stripe.TaxRate>;
export type WebhookEndpoint = Wire<Stripe.WebhookEndpoint> & { _: { secret: string } };
export type TestClock = Wire<Stripe.TestHelpers.TestClock>;
export type InvoicePayment = Wire<Stripe.InvoicePayment>;
export type InvoiceItem = Wire<Stripe.InvoiceItem> & {
  /** `at_once`: a proration that was never pending. */
  _: { subscription: string | null; subscription_item: string | null; net: boolean; at_once?: boolean };
};
export type InvoiceLine = Wire<Stripe.InvoiceLineItem>;
export type PortalConfiguration = Wire<Stripe.BillingPortal.Configuration>;
export type PortalSession = Wire<Stripe.BillingPortal.Session>;
export type CheckoutLine = Omit<Wire<Stripe.LineItem>, 'price'> & { price: string };

export type CheckoutSession = Omit<Wire<Stripe.Checkout.Session>, 'line_items'> & {
  _: {
    lines: CheckoutLine[];
    customer_update: { address: boolean; name: boolean };
    subscription_data: {
      trial_end: number | null;
      trial_period_days: number | null;
      billing_cycle_anchor: number | null;
      description: string | null;
      metadata: Metadata;
      missing_payment_method: string;
    };
    payment_intent_data: {
      metadata: Metadata;
      description: string | null;
      setup_future_usage: string | null;
    };
    setup_intent_data: { metadata: Metadata };
    invoice_data: { enabled: boolean; metadata: Metadata; description: string | null };
    payment_method: string | null;
  };
};

/** What a subscription item was really billed for: prorations credit these (stripe.md 14). */
export interface Billed {
  item: string;
  invoice: string | null;
  line: string | null;
  amount: number;
  start: number;
  end: number;
}

/** Time of an item that an early end takes away, and what it costs; `pending` is the credit that waits (stripe.md D68). */
export interface Cut extends Billed {
  pending: string | null;
}

export type SubscriptionItem = Omit<Wire<Stripe.SubscriptionItem>, 'price' | 'plan'> & {
  price: string;
  /** While it is only planned: the discounts that it is to have (records/item-discounts). */
  _?: { discounts: Discount[] };
};
export type Subscription = Omit<Wire<Stripe.Subscription>, 'items' | 'pending_update' | 'status'> & {
  status: SubscriptionStatus;
  items: SubscriptionItem[];
  pending_update: PendingUpdate | null;
  _: {
    billed: Billed[];
    cuts?: Cut[];
    /** In a preview: invoice items that the change takes back. */
    undone?: string[];
    upcoming_sent_for: number;
    trial_warned_for: number;
    incomplete_until: number | null;
    pending_invoice: string | null;
    pending_at: number | null;
    resumes_on: string | null;
    /** When its quantities were changed in the last hour, while the rate is limited. */
    quantity_updates?: number[];
  };
};
export type PendingUpdate = Omit<Wire<Stripe.Subscription.PendingUpdate>, 'subscription_items'> & {
  subscription_items: SubscriptionItem[] | null;
};
export type SubscriptionStatus =
  | 'active'
  | 'canceled'
  | 'incomplete'
  | 'incomplete_expired'
  | 'past_due'
  | 'paused'
  | 'trialing'
  | 'unpaid';

export type Schedule = Wire<Stripe.SubscriptionSchedule>;
export type Phase = Schedule['phases'][number];

export type Invoice = Omit<Wire<Stripe.Invoice>, 'lines' | 'payments'> & {
  lines: InvoiceLine[];
  /** `overdue`: that it is past its due date has been told. */
  _: {
    subscription: string | null;
    retries_left: number[];
    items: string[];
    held: boolean;
    overdue?: boolean;
  };
};

/** An event's snapshot is kept as text: it must not change with its object, and text is small. */
export interface EventRecord {
  id: string;
  type: string;
  created: number;
  api_version: string;
  object_id: string;
  customer: string | null;
  request: { id: string | null; idempotency_key: string | null } | null;
  data: string;
  retire_at?: number;
}

export interface Delivery {
  id: string;
  event: string;
  type: string;
  endpoint: string;
  status: 'pending' | 'delivered' | 'failed' | 'dropped';
  http_status: number | null;
  error: string | null;
  attempt: number;
  /** Real milliseconds of the last attempt, and of the next. */
  at: number;
  next_at: number | null;
  ms: number | null;
}

export interface StoredAnswer {
  id: string;
  fingerprint: string;
  status: number;
  body: string;
  request_id: string;
  at: number;
}

export interface Tables {
  customers: Customer;
  products: Product;
  prices: Price;
  payment_methods: PaymentMethod;
  tax_ids: TaxId;
  coupons: Coupon;
  /** Deleted ones: the discounts made of them go on (stripe.md F3). */
  retired_coupons: Coupon;
  promotion_codes: PromotionCode;
  discounts: Discount;
  setup_intents: SetupIntent;
  payment_intents: PaymentIntent;
  charges: Charge;
  refunds: Refund;
  disputes: Dispute;
  credit_notes: CreditNote;
  balance_transactions: BalanceTransaction;
  customer_balance_transactions: CustomerBalanceTransaction;
  tax_rates: TaxRate;
  webhook_endpoints: WebhookEndpoint;
  test_clocks: TestClock;
  invoice_payments: InvoicePayment;
  invoice_items: InvoiceItem;
  portal_configurations: PortalConfiguration;
  portal_sessions: PortalSession;
  checkout_sessions: CheckoutSession;
  subscriptions: Subscription;
  schedules: Schedule;
  invoices: Invoice;
  events: EventRecord;
  deliveries: Delivery;
  answers: StoredAnswer;
}
export type TableName = keyof Tables;

export interface ItemChange {
  id?: string | undefined;
  price?: Price | undefined;
  quantity?: number | undefined;
  deleted?: boolean | undefined;
  metadata?: Metadata | undefined;
  /** Of both: empty = none any more. */
  taxRates?: TaxRate[] | undefined;
  discounts?: { [name in 'coupon' | 'promotion_code' | 'discount']?: string | undefined }[] | undefined;
}
