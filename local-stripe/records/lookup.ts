/** From a record to what the API shows, and from an id to its record. */
import type Stripe from 'stripe';
import type { App } from '../app';
import { embedded } from '../http/list';
import type { Delivery, EventRecord, Json, JsonObject, TableName, Wire } from '../types';
import { inVersion } from '../webhooks/legacy-shape';
import { viewCheckoutLine } from './checkout-sessions';
import { customerTax } from './customers';
import { strip } from './strip';
import { viewSubscription } from './subscriptions';

const PREFIXES: [string, TableName][] = [
  ['sub_sched_', 'schedules'],
  ['cus_', 'customers'],
  ['prod_', 'products'],
  ['price_', 'prices'],
  ['sub_', 'subscriptions'],
  ['in_', 'invoices'],
  ['inpay_', 'invoice_payments'],
  ['ii_', 'invoice_items'],
  ['pi_', 'payment_intents'],
  ['seti_', 'setup_intents'],
  ['pm_', 'payment_methods'],
  ['ch_', 'charges'],
  ['re_', 'refunds'],
  ['du_', 'disputes'],
  ['cn_', 'credit_notes'],
  ['txn_', 'balance_transactions'],
  ['cbtxn_', 'customer_balance_transactions'],
  ['cs_', 'checkout_sessions'],
  ['promo_', 'promotion_codes'],
  ['di_', 'discounts'],
  ['txi_', 'tax_ids'],
  ['txr_', 'tax_rates'],
  ['clock_', 'test_clocks'],
  ['bpc_', 'portal_configurations'],
];

/** The object a reference stands for. Coupons and products may have ids of any form, so the field's name decides. */
export function lookUp(app: App, field: string, id: string): JsonObject | null {
  const table: TableName | undefined =
    field === 'coupon'
      ? 'coupons'
      : field === 'product'
        ? 'products'
        : PREFIXES.find(([prefix]) => id.startsWith(prefix))?.[1];
  if (!table) return null;
  const rec =
    app.store.get(table, id) ?? (table === 'coupons' ? app.store.get('retired_coupons', id) : undefined);
  return rec ? app.view(table, rec) : null;
}

/** What is only there when asked for by `expand`. */
export function includable(app: App, on: JsonObject, part: string): Json | undefined {
  if (typeof on.id !== 'string' || part in on) return undefined;
  const { store } = app;
  const list = (value: object): Json => value as Json;
  switch (`${String(on.object)}.${part}`) {
    case 'invoice.payments':
      return list(
        embedded(
          store.by('invoice_payments', 'invoice', on.id),
          `/v1/invoice_payments?invoice=${on.id}`,
          strip,
        ),
      );
    case 'invoice.confirmation_secret': {
      const open = store.by('invoice_payments', 'invoice', on.id).at(-1)?.payment.payment_intent;
      const intent = store.get('payment_intents', open);
      return intent?.client_secret ? { client_secret: intent.client_secret, type: 'payment_intent' } : null;
    }
    case 'customer.subscriptions':
      return list(
        embedded(
          store
            .by('subscriptions', 'customer', on.id)
            .filter((sub) => sub.status !== 'canceled')
            .reverse(),
          `/v1/customers/${on.id}/subscriptions`,
          (sub) => viewSubscription(app, sub),
        ),
      );
    case 'customer.tax_ids':
      return list(embedded(store.by('tax_ids', 'customer', on.id), `/v1/customers/${on.id}/tax_ids`, strip));
    case 'customer.sources':
      return { object: 'list', data: [], has_more: false, url: `/v1/customers/${on.id}/sources` };
    case 'customer.tax': {
      const customer = store.get('customers', on.id);
      return customer ? list(customerTax(app, customer)) : undefined;
    }
    case 'checkout.session.line_items': {
      const session = store.get('checkout_sessions', on.id);
      return session
        ? list(
            embedded(session._.lines, `/v1/checkout/sessions/${on.id}/line_items`, (line) =>
              viewCheckoutLine(app, line),
            ),
          )
        : undefined;
    }
    case 'charge.refunds':
      return list(
        embedded(store.by('refunds', 'charge', on.id).reverse(), `/v1/charges/${on.id}/refunds`, strip),
      );
    default:
      return undefined;
  }
}

export function viewEvent(app: App, event: EventRecord): Wire<Stripe.EventBase> {
  return {
    id: event.id,
    object: 'event',
    api_version: event.api_version,
    created: event.created,
    // In the version that it was made with: the account's (stripe.md D65).
    data: inVersion(app, event.api_version, event.data) as Wire<Stripe.EventBase>['data'],
    livemode: false,
    pending_webhooks: pending(app, event.id),
    request: event.request,
    type: event.type as Stripe.Event['type'],
  };
}

function pending(app: App, event: string): number {
  return app.store
    .by('deliveries', 'event', event)
    .filter((delivery: Delivery) => delivery.status === 'pending').length;
}
