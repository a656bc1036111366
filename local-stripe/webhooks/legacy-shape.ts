/**
 * An endpoint keeps the API version it was made with (stripe.md 10). Before basil (2025-03-31) periods were on the
 * subscription, invoices named their subscription, charge and payment intent.
 */
import type { App } from '../app';
import type { Json, JsonObject } from '../types';

const BASIL = '2025-03-31';

export function isLegacy(version: string | null): boolean {
  return version !== null && version.slice(0, 10) < BASIL;
}

/** A body as an older version of the API shows it, whatever is within (stripe.md G11). */
export function bodyInVersion(app: App, version: string, body: Json): Json {
  if (!isLegacy(version) || body === null || typeof body !== 'object') return body;
  if (Array.isArray(body)) return body.map((one) => bodyInVersion(app, version, one));
  const inner = Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, bodyInVersion(app, version, value)]),
  );
  return typeof inner.object === 'string' ? legacy(app, inner) : inner;
}

/** The data of an event as a version renders it. */
export function inVersion(app: App, version: string | null, data: string): JsonObject {
  const raw = JSON.parse(data) as JsonObject;
  return isLegacy(version) ? legacyData(app, raw) : raw;
}

function legacyData(app: App, data: JsonObject): JsonObject {
  const shaped: JsonObject = { object: legacy(app, data.object as JsonObject) };
  if (data.previous_attributes)
    shaped.previous_attributes = legacyPrevious(data.previous_attributes as JsonObject);
  return shaped;
}

function legacy(app: App, object: JsonObject): JsonObject {
  if (object.object === 'subscription') return legacySubscription(object);
  if (object.object === 'invoice') return legacyInvoice(app, object);
  if (object.object === 'charge' || object.object === 'payment_intent') {
    const intent = object.object === 'charge' ? String(object.payment_intent) : String(object.id);
    const payment = app.store.by('invoice_payments', 'payment_intent', intent)[0];
    return { ...object, invoice: payment?.invoice ?? null };
  }
  return object;
}

function legacySubscription(object: JsonObject): JsonObject {
  const items = ((object.items as JsonObject).data as JsonObject[]).map((item) => {
    const { current_period_start: _start, current_period_end: _end, ...rest } = item;
    return rest;
  });
  const first = ((object.items as JsonObject).data as JsonObject[])[0];
  const { billing_mode: _mode, billing_schedules: _schedules, ...rest } = object;
  return {
    ...rest,
    current_period_start: first?.current_period_start ?? null,
    current_period_end: first?.current_period_end ?? null,
    items: { ...(object.items as JsonObject), data: items },
    plan: items.length === 1 ? (items[0]?.plan ?? null) : null,
    quantity: items.length === 1 ? (items[0]?.quantity ?? null) : null,
  };
}

function legacyInvoice(app: App, object: JsonObject): JsonObject {
  const details = (object.parent as JsonObject | null)?.subscription_details as JsonObject | null | undefined;
  const payment = app.store.by('invoice_payments', 'invoice', String(object.id)).at(-1);
  const intent = app.store.get('payment_intents', payment?.payment.payment_intent);
  const tax = ((object.total_taxes ?? []) as JsonObject[]).reduce((sum, one) => sum + Number(one.amount), 0);
  const lines = ((object.lines as JsonObject).data as JsonObject[]).map((line) => {
    const item = (line.parent as JsonObject | null)?.subscription_item_details as
      | JsonObject
      | null
      | undefined;
    const price = ((line.pricing as JsonObject | null)?.price_details as JsonObject | undefined)?.price;
    const full = app.store.get('prices', typeof price === 'string' ? price : null);
    return {
      ...line,
      type: item && !item.invoice_item && !item.proration ? 'subscription' : 'invoiceitem',
      subscription: (item?.subscription ?? details?.subscription ?? null) as Json,
      subscription_item: (item?.subscription_item ?? null) as Json,
      proration: (item?.proration ?? false) as Json,
      price: (full ?? null) as Json,
    };
  });
  const { parent: _parent, payments: _payments, ...rest } = object;
  return {
    ...rest,
    subscription: (details?.subscription ?? null) as Json,
    subscription_details: details ? { metadata: details.metadata ?? null } : null,
    paid: object.status === 'paid',
    charge: intent?.latest_charge ?? null,
    payment_intent: intent?.id ?? null,
    tax: tax === 0 && !(object.total_taxes as JsonObject[] | null)?.length ? null : tax,
    lines: { ...(object.lines as JsonObject), data: lines },
  };
}

function legacyPrevious(previous: JsonObject): JsonObject {
  const data = (previous.items as JsonObject | undefined)?.data as JsonObject[] | undefined;
  const first = data?.[0];
  if (!first || first.current_period_end === undefined) return previous;
  return {
    ...previous,
    current_period_start: first.current_period_start ?? null,
    current_period_end: first.current_period_end,
  };
}
