/** One running local Stripe: store, clock, ids, timers, settings. Every verb takes it first. */
import { isDeepStrictEqual } from 'node:util';
import type Stripe from 'stripe';
import { Clock } from './clock';
import { missing } from './errors';
import { Ids } from './ids';
import type { Store } from './store';
import { NOUNS } from './tables';
import { Timers } from './timers';
import type { EventRecord, Json, JsonObject, TableName, Tables, WebhookEndpoint } from './types';
import { API_VERSION } from './version';

export interface Settings {
  /** What becomes of a subscription when the last retry failed (stripe.md 17). */
  dunning_end: 'canceled' | 'unpaid' | 'past_due' | 'paused';
  /** Days from one failed attempt to the next. */
  retry_days: number[];
  /**
   * What `pending_if_incomplete` takes besides what its page names (stripe.md D42, D43, F16): whether Stripe does is not known.
   * `past_due` stands for subscriptions that are past due or unpaid, `other_methods` for debits and their like.
   */
  pending_updates_take: ('off_session' | 'price_data' | 'send_invoice' | 'other_methods' | 'past_due')[];
  /** `customer.subscription.updated` comes with an expired pending update: not known (stripe.md F16). */
  expiry_updates: boolean;
  /** Cancelling at once stops the automatic collection of all open invoices of the customer: the types say so, nobody saw it (stripe.md D50, F16). */
  cancel_stops_customer: boolean;
  /**
   * Which year a change of interval falls into while the anchor stays, in a month later than its own: from the `anchor`, as it
   * was recorded in the first month (stripe.md G1), or from the running `period`. Not known (stripe.md F16).
   */
  later_interval_change: 'anchor' | 'period';
  /** Minutes after a failed `invoices.pay` on an invoice with `auto_advance` until Stripe tries by itself; null = as planned (stripe.md F8). */
  pay_again_minutes: number | null;
  /** What the preview of a scheduled subscription shows: not known (stripe.md D61, F16). `over_items`: the next phase even where items are given. */
  scheduled_preview: 'next_phase' | 'over_items' | 'subscription';
  /** tax id value → verdict; others verify when they look right. */
  tax_id_verdicts: Record<string, 'verified' | 'unverified' | 'unavailable' | 'pending'>;
  tax_id_seconds: number;
  seller_country: string;
  /** The version of the account: what a request without `Stripe-Version` gets, and what `events.list` renders (stripe.md D65). */
  account_version: string;
  /** stripe.md D3. `off`, or how many operations a second are let through: 25, 100 in live, 25 per endpoint. */
  rate: 'off' | 'sandbox' | 'live';
  /** What `rk_test_local` may do: `rak_customer_write`, …; write includes read (stripe.md D10). */
  restricted_key: string[];
  /** Stripe Tax is set up, with a head office (stripe.md D18). */
  tax_active: boolean;
  /** Countries in which the seller is registered; null = its own and, by the one-stop shop, every member state (stripe.md D17). */
  registrations: string[] | null;
  /** `expand` of what a deleted customer has no more: not known whether it is passed over or refused. */
  deleted_customer_expand: 'passed_over' | 'refused';
  /** An archived price in the running phase of a schedule: not known whether it may stay (stripe.md F16). */
  archived_price_in_phase: 'taken' | 'refused';
  /** What becomes of an address that cannot be placed while a subscription with automatic tax runs: not known (stripe.md D12, F16). */
  unplaceable_address: 'refused' | 'stored';
  /**
   * What becomes of the proration when an early end is taken back: not known (stripe.md D68). `undone`: a credit that waits
   * goes, one that was invoiced is charged again; `charged`: either is answered by a charge; `kept`: the credit stays.
   */
  early_end_taken_back: 'undone' | 'charged' | 'kept';
  /** Metadata written on a subscription beside its schedule splits the running phase in two: seen once (stripe.md D47). */
  metadata_splits_phase: boolean;
  /** The account's default for prices that say nothing about tax; null = none (stripe.md D20). */
  tax_behavior: 'inclusive' | 'exclusive' | 'inferred_by_currency' | null;
  /** The methods that the account has on: what Checkout offers where none is named (stripe.md D37, F9). */
  payment_methods: string[];
  /** How long a bank debit is under way, and what becomes of it (stripe.md D37). */
  debit_days: number;
  debit_outcome: 'succeeds' | 'fails';
}
export const DEFAULT_SETTINGS: Settings = {
  dunning_end: 'canceled',
  retry_days: [3, 5, 7],
  pending_updates_take: ['past_due'],
  expiry_updates: false,
  cancel_stops_customer: true,
  later_interval_change: 'anchor',
  pay_again_minutes: null,
  scheduled_preview: 'next_phase',
  tax_id_verdicts: {},
  tax_id_seconds: 5,
  seller_country: 'LU',
  account_version: API_VERSION,
  rate: 'off',
  restricted_key: [],
  tax_active: true,
  registrations: null,
  deleted_customer_expand: 'passed_over',
  archived_price_in_phase: 'taken',
  unplaceable_address: 'refused',
  early_end_taken_back: 'undone',
  metadata_splits_phase: true,
  tax_behavior: null,
  payment_methods: ['card', 'klarna', 'link', 'sepa_debit'],
  debit_days: 5,
  debit_outcome: 'succeeds',
};

/** What the app must know of a kind of record; `kinds.ts` puts them together, so that this file knows no noun. */
export interface Kind<R> {
  view: (app: App, rec: R) => object;
  /** When it next needs the engine; null = never. */
  dueAt: (rec: R) => number | null;
}
export type Kinds = { [T in TableName]: Kind<Tables[T]> };

export class App {
  readonly clock = new Clock();
  readonly ids: Ids;
  readonly timers = new Timers();
  settings: Settings;
  /** The API request being served, for `event.request`; null for the engine's own doings. */
  request: { id: string | null; idempotency_key: string | null } | null = null;
  /** The request being served has a live key (stripe.md D8). */
  live = false;
  /** Set by the server: where the hosted pages are. */
  url = 'http://127.0.0.1:12111';
  /** From STRIPE_WEBHOOK_SECRET: signs the deliveries of every endpoint. */
  webhookSecret: string | null = null;
  deliver: (event: EventRecord, endpoint: WebhookEndpoint) => void = () => {};

  constructor(
    readonly store: Store,
    readonly kinds: Kinds,
  ) {
    this.ids = new Ids((prefix) => store.next(prefix));
    this.settings = { ...DEFAULT_SETTINGS, ...(store.meta.settings as Partial<Settings>) };
    this.clock.offsetMs = store.meta.offset_ms;
    store.onPut = (table, rec) => {
      const kind = kinds[table] as Kind<{ id: string }>;
      this.timers.set(table, rec.id, kind.dueAt(rec), clockOf(rec));
    };
    for (const table of [
      'customers',
      'subscriptions',
      'invoices',
      'schedules',
      'checkout_sessions',
      'payment_intents',
      'tax_ids',
    ] as const) {
      for (const rec of store.all(table)) store.onPut(table, rec);
    }
  }

  get now(): number {
    return this.clock.now();
  }

  /** The record that a parameter names, or Stripe's refusal. */
  need<T extends TableName>(table: T, id: string | null | undefined, param?: string): Tables[T] {
    const rec = this.store.get(table, id);
    if (!rec) throw missing(NOUNS[table] ?? table.slice(0, -1), id ?? '', param);
    return rec;
  }

  /** What carries wall time even of a customer on a test clock: charges and intents (stripe.md F6). */
  wallTime(customer: string | null | undefined): number {
    return this.store.get('customers', customer)?.test_clock ? this.clock.running() : this.now;
  }

  /** Runs `work` at the test clock's frozen time, if there is one. */
  on<T>(testClock: string | null | undefined, work: () => T): T {
    const clock = this.store.get('test_clocks', testClock);
    return clock ? this.clock.at(clock.frozen_time, work) : work();
  }

  /** An object whose changes are told of once, when they are all made. */
  private quiet: string | null = null;

  /** Several verbs change one object and one event tells of them all, if `work` says so (stripe.md F4). */
  once<T extends TableName>(table: T, rec: Tables[T], type: Stripe.Event['type'], work: () => boolean): void {
    const before = this.view(table, rec);
    this.quiet = `${type} ${rec.id}`;
    let tells = false;
    try {
      tells = work();
    } finally {
      this.quiet = null;
    }
    if (tells) this.told(table, rec, type, before);
  }

  /** An event: a snapshot of the object as it is now, and what it was before. https://docs.stripe.com/api/events */
  emit(type: Stripe.Event['type'], object: object, previous?: JsonObject): void {
    const snapshot = object as JsonObject;
    if (this.quiet === `${type} ${String(snapshot.id)}`) return;
    const event: EventRecord = {
      id: this.ids.make('evt'),
      type,
      created: this.now,
      api_version: this.settings.account_version,
      object_id: typeof snapshot.id === 'string' ? snapshot.id : '',
      customer:
        snapshot.object === 'customer'
          ? String(snapshot.id)
          : typeof snapshot.customer === 'string'
            ? snapshot.customer
            : null,
      request: this.request,
      data: JSON.stringify(
        previous ? { object: snapshot, previous_attributes: previous } : { object: snapshot },
      ),
    };
    this.store.put('events', event);
    for (const endpoint of this.store.all('webhook_endpoints')) {
      if (endpoint.status === 'enabled' && wants(endpoint, type)) this.deliver(event, endpoint);
    }
  }

  /**
   * Changes an object and tells: `type` goes out with the old values of what changed, and nothing goes out when
   * nothing did.
   */
  change<T extends TableName>(
    table: T,
    rec: Tables[T],
    type: Stripe.Event['type'] | null,
    mutate: (rec: Tables[T]) => void,
  ): Tables[T] {
    const before = this.view(table, rec);
    mutate(rec);
    this.store.put(table, rec);
    if (type) this.told(table, rec, type, before);
    return rec;
  }

  /** For changes spread over several verbs: take `view` before, call this after. */
  told<T extends TableName>(
    table: T,
    rec: Tables[T],
    type: Stripe.Event['type'],
    before: JsonObject,
  ): boolean {
    const after = this.view(table, rec);
    const previous = difference(before, after);
    if (previous) this.emit(type, after, previous);
    return previous !== null;
  }

  /** As it goes over the wire, and a copy: it stays as it is when the record changes. */
  view<T extends TableName>(table: T, rec: Tables[T]): JsonObject {
    return JSON.parse(JSON.stringify(this.kinds[table].view(this, rec))) as JsonObject;
  }

  setSettings(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    this.store.meta.settings = { ...this.settings };
    this.store.touchMeta();
  }
}

function clockOf(rec: object): string | null {
  if ('test_clock' in rec && typeof rec.test_clock === 'string') return rec.test_clock;
  const own = '_' in rec ? (rec._ as { test_clock?: string | null }) : null;
  return own?.test_clock ?? null;
}

function wants(endpoint: WebhookEndpoint, type: string): boolean {
  return endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type);
}

/**
 * What changed, with the old values: objects key by key, arrays whole, keys that are new as null.
 * https://docs.stripe.com/api/events/object (data.previous_attributes)
 */
function difference(before: JsonObject, after: JsonObject): JsonObject | null {
  const changed: JsonObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = before[key];
    const is = after[key];
    if (isDeepStrictEqual(was, is)) continue;
    if (isObject(was) && isObject(is)) changed[key] = difference(was, is) ?? {};
    else changed[key] = was === undefined ? null : was;
  }
  return Object.keys(changed).length > 0 ? changed : null;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
