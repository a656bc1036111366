/** One running local Stripe: store, clock, ids, timers, settings. Every verb takes it first. */
import type Stripe from 'stripe';
import { Clock } from './clock';
import { dueAt } from './engine/due';
import { Timers } from './engine/timers';
import { Ids } from './ids';
import { view } from './objects/lookup';
import type { Store } from './store';
import type { EventRecord, JsonObject, TableName, Tables, WebhookEndpoint } from './types';
import { difference, emit } from './webhooks/events';

export interface Settings {
  /** What becomes of a subscription when the last retry failed (stripe.md 17). */
  dunning_end: 'canceled' | 'unpaid' | 'past_due' | 'paused';
  /** Days from one failed attempt to the next. */
  retry_days: number[];
  /** tax id value → verdict; others verify when they look right. */
  tax_id_verdicts: Record<string, 'verified' | 'unverified' | 'unavailable' | 'pending'>;
  tax_id_seconds: number;
  seller_country: string;
}
export const DEFAULT_SETTINGS: Settings = {
  dunning_end: 'canceled',
  retry_days: [3, 5, 7],
  tax_id_verdicts: {},
  tax_id_seconds: 5,
  seller_country: 'LU',
};

export class App {
  readonly clock = new Clock();
  readonly ids: Ids;
  readonly timers = new Timers();
  settings: Settings;
  /** The API request being served, for `event.request`; null for the engine's own doings. */
  request: { id: string | null; idempotency_key: string | null } | null = null;
  /** Set by the server: where the hosted pages are. */
  url = 'http://127.0.0.1:12111';
  /** From STRIPE_WEBHOOK_SECRET: signs the deliveries of every endpoint. */
  webhookSecret: string | null = null;
  deliver: (event: EventRecord, endpoint: WebhookEndpoint) => void = () => {};

  constructor(readonly store: Store) {
    this.ids = new Ids((prefix) => store.next(prefix));
    this.settings = { ...DEFAULT_SETTINGS, ...(store.meta.settings as Partial<Settings>) };
    this.clock.offsetMs = store.meta.offset_ms;
    store.onPut = (table, rec) => this.timers.set(table, rec.id, dueAt(this, table, rec), clockOf(rec));
    for (const table of ['subscriptions', 'invoices', 'schedules', 'checkout_sessions', 'tax_ids'] as const) {
      for (const rec of store.all(table)) store.onPut(table, rec);
    }
  }

  get now(): number {
    return this.clock.now();
  }

  /** Runs `work` at the test clock's frozen time, if there is one. */
  on<T>(testClock: string | null | undefined, work: () => T): T {
    const clock = this.store.get('test_clocks', testClock);
    return clock ? this.clock.at(clock.frozen_time, work) : work();
  }

  emit(type: Stripe.Event['type'], object: object, previous?: JsonObject): void {
    emit(this, type, object, previous);
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

  view<T extends TableName>(table: T, rec: Tables[T]): JsonObject {
    return structuredClone(view(this, table, rec)) as JsonObject;
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
