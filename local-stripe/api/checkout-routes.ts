/** The API of checkout sessions. https://docs.stripe.com/api/checkout/sessions/create */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { DAY, HOUR } from '../clock';
import { discountsGiven, draftCustomer } from '../engine/checkout';
import { invalid } from '../errors';
import {
  bool,
  discountGiven,
  expand,
  filled,
  ignored,
  int,
  mergeMetadata,
  metadata,
  parse,
  priceData,
  range,
  text,
} from '../http/params';
import type { Call, Route } from '../http/router';
import { priceFor } from '../records/catalog';
import { quote, writeAmounts } from '../records/checkout-quote';
import { expire, makeLine, viewCheckoutLine, viewSession } from '../records/checkout-sessions';
import { getCustomer } from '../records/customers';
import type { CheckoutSession, Metadata, Wire } from '../types';
import { list, nested, noParams, one, retrieve, update } from './crud';

const url = z.string().regex(/^https?:\/\/\S+$/, 'Not a valid URL');
const createParams = z.strictObject({
  mode: z.enum(['payment', 'setup', 'subscription']),
  allow_promotion_codes: bool.optional(),
  allowed_payment_method_types: z.array(text).optional(),
  automatic_tax: z.strictObject({ enabled: bool, liability: ignored }).optional(),
  billing_address_collection: z.enum(['auto', 'required']).optional(),
  cancel_url: url.optional(),
  client_reference_id: text.optional(),
  consent_collection: ignored,
  currency: filled.optional(),
  custom_text: ignored,
  customer: filled.optional(),
  customer_creation: z.enum(['always', 'if_required']).optional(),
  customer_email: filled.optional(),
  customer_update: z
    .strictObject({
      address: z.enum(['auto', 'never']).optional(),
      name: z.enum(['auto', 'never']).optional(),
      shipping: z.enum(['auto', 'never']).optional(),
    })
    .optional(),
  discounts: z.array(discountGiven).max(1).optional(),
  expires_at: int.optional(),
  invoice_creation: z
    .strictObject({
      enabled: bool,
      invoice_data: z
        .strictObject({
          metadata: metadata.optional(),
          description: text.optional(),
          footer: ignored,
          custom_fields: ignored,
          rendering_options: ignored,
        })
        .optional(),
    })
    .optional(),
  line_items: z
    .array(
      z.strictObject({
        price: filled.optional(),
        price_data: priceData.optional(),
        quantity: int.optional(),
        adjustable_quantity: ignored,
        metadata: metadata.optional(),
        tax_rates: ignored,
      }),
    )
    .max(100)
    .optional(),
  locale: text.optional(),
  metadata: metadata.optional(),
  origin_context: ignored,
  payment_intent_data: z
    .strictObject({
      description: text.optional(),
      metadata: metadata.optional(),
      setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
      receipt_email: ignored,
      statement_descriptor: ignored,
    })
    .optional(),
  payment_method_collection: z.enum(['always', 'if_required']).optional(),
  payment_method_options: ignored,
  phone_number_collection: ignored,
  saved_payment_method_options: ignored,
  setup_intent_data: z.strictObject({ description: ignored, metadata: metadata.optional() }).optional(),
  submit_type: z.enum(['auto', 'book', 'donate', 'pay', 'subscribe']).optional(),
  subscription_data: z
    .strictObject({
      billing_cycle_anchor: int.optional(),
      billing_mode: ignored,
      description: text.optional(),
      invoice_settings: ignored,
      metadata: metadata.optional(),
      proration_behavior: z.enum(['create_prorations', 'none']).optional(),
      trial_end: int.optional(),
      trial_period_days: int.optional(),
      trial_settings: z
        .strictObject({
          end_behavior: z.strictObject({
            missing_payment_method: z.enum(['cancel', 'create_invoice', 'pause']),
          }),
        })
        .optional(),
    })
    .optional(),
  success_url: url.optional(),
  tax_id_collection: z
    .strictObject({ enabled: bool, required: z.enum(['if_supported', 'never']).optional() })
    .optional(),
  ui_mode: z.enum(['hosted_page']).optional(),
  expand,
});
type Given = z.output<typeof createParams>;

function check(app: App, given: Given): void {
  if (!given.success_url)
    throw invalid('Missing required param: success_url.', 'success_url', 'parameter_missing');
  if (given.mode !== 'setup' && !given.line_items?.length)
    throw invalid('Missing required param: line_items.', 'line_items', 'parameter_missing');
  if (given.customer && given.customer_email)
    throw invalid(
      'You may only specify one of these parameters: customer, customer_email.',
      'customer_email',
    );
  if (given.customer && given.customer_creation)
    throw invalid(
      'You may only specify one of these parameters: customer, customer_creation.',
      'customer_creation',
    );
  if (given.customer_update && !given.customer)
    throw invalid('`customer_update` can only be used with `customer`.', 'customer_update');
  if (given.allow_promotion_codes && given.discounts?.length) {
    throw invalid(
      'You may only specify one of these parameters: allow_promotion_codes, discounts.',
      'allow_promotion_codes',
    );
  }
  if (given.mode !== 'subscription' && given.subscription_data)
    throw invalid('You can not pass `subscription_data` in this mode.', 'subscription_data');
  if (given.mode !== 'payment' && given.payment_intent_data)
    throw invalid('You can not pass `payment_intent_data` in `subscription` mode.', 'payment_intent_data');
  if (given.mode !== 'payment' && given.invoice_creation)
    throw invalid('`invoice_creation` can only be used in `payment` mode.', 'invoice_creation');
  const data = given.subscription_data;
  if (data?.trial_end !== undefined && data.trial_period_days !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: trial_end, trial_period_days.',
      'subscription_data[trial_end]',
    );
  }
  // At least 48 hours ahead. https://docs.stripe.com/api/checkout/sessions/create (subscription_data.trial_end)
  if (data?.trial_end !== undefined && data.trial_end < app.now + 48 * HOUR) {
    throw invalid(
      'The `trial_end` date has to be at least 2 days in the future.',
      'subscription_data[trial_end]',
    );
  }
  if (data?.trial_period_days !== undefined && data.trial_period_days < 1) {
    throw invalid('`trial_period_days` must be at least 1.', 'subscription_data[trial_period_days]');
  }
  if (
    given.expires_at !== undefined &&
    (given.expires_at < app.now + HOUR / 2 || given.expires_at > app.now + DAY)
  ) {
    throw invalid(
      'The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.',
      'expires_at',
    );
  }
  if (!given.customer) return;
  const customer = getCustomer(app, given.customer, 'customer');
  const update = given.customer_update ?? {};
  // An existing customer's name and address may only be collected where they may be kept (stripe.md 44).
  if (given.tax_id_collection?.enabled && update.name !== 'auto') {
    throw invalid(
      'Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.',
      'tax_id_collection',
    );
  }
  if (given.automatic_tax?.enabled && update.address !== 'auto' && !customer.address?.country) {
    throw invalid(
      'Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to `auto` or `customer_update[shipping]` to `auto` to save the address entered in Checkout to the Customer.',
      'customer_update',
      'customer_tax_location_invalid',
    );
  }
  if (
    given.billing_address_collection === 'required' &&
    given.tax_id_collection?.enabled &&
    update.address !== 'auto'
  ) {
    throw invalid(
      'To collect the address of an existing customer together with tax IDs, set `customer_update[address]` to `auto`.',
      'customer_update',
    );
  }
}

function create({ app, params }: Call): object {
  const given = parse(createParams, params);
  const customer = given.customer ? getCustomer(app, given.customer, 'customer') : null;
  return app.on(customer?.test_clock, () => {
    check(app, given);
    const priced = (given.line_items ?? []).map((line, at) => {
      const price = priceFor(app, line, `line_items[${at}]`);
      if (!price)
        throw invalid(
          `Missing required param: line_items[${at}][price].`,
          `line_items[${at}][price]`,
          'parameter_missing',
        );
      if (!price.active && !price._?.inline) {
        throw invalid(
          'The price specified is inactive. This field only accepts active prices.',
          `line_items[${at}][price]`,
        );
      }
      if (price.recurring && given.mode === 'payment') {
        throw invalid(
          'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
          'mode',
        );
      }
      const quantity = line.quantity ?? 1;
      if (quantity < 1) throw invalid('Quantity must be at least 1.', `line_items[${at}][quantity]`);
      return { price, quantity };
    });
    if (given.mode === 'subscription' && !priced.some(({ price }) => price.recurring)) {
      throw invalid(
        'You must provide at least one recurring price in `subscription` mode when using prices.',
        'line_items',
      );
    }
    const currency = priced[0]?.price.currency ?? given.currency ?? null;
    const odd = priced.findIndex(({ price }) => price.currency !== currency);
    if (odd >= 0) throw invalid('All line items must use the same currency.', `line_items[${odd}][price]`);
    const session = shape(app, given, currency);
    session._.lines = priced.map(({ price, quantity }) => makeLine(app, price, quantity));
    if (given.mode !== 'setup')
      writeAmounts(
        session,
        quote(app, session, draftCustomer(app, session, {}), discountsGiven(app, session, undefined)),
      );
    app.store.put('checkout_sessions', session);
    return viewSession(app, session);
  });
}

function shape(app: App, given: Given, currency: string | null): CheckoutSession {
  const made = app.ids.session();
  const data = given.subscription_data;
  return {
    ...({
      id: made,
      object: 'checkout.session',
      adaptive_pricing: { enabled: false },
      after_expiration: null,
      allow_promotion_codes: given.allow_promotion_codes ?? null,
      allowed_payment_method_types: given.allowed_payment_method_types ?? null,
      amount_subtotal: null,
      amount_total: null,
      automatic_tax: {
        enabled: given.automatic_tax?.enabled ?? false,
        liability: given.automatic_tax?.enabled ? { type: 'self' } : null,
        provider: given.automatic_tax?.enabled ? 'stripe' : null,
        status: given.automatic_tax?.enabled ? 'requires_location_inputs' : null,
      },
      billing_address_collection: given.billing_address_collection ?? null,
      cancel_url: given.cancel_url ?? null,
      client_reference_id: given.client_reference_id ?? null,
      client_secret: null,
      collected_information: null,
      consent: null,
      consent_collection: null,
      created: app.now,
      currency,
      currency_conversion: null,
      custom_fields: [],
      custom_text: {
        after_submit: null,
        shipping_address: null,
        submit: null,
        terms_of_service_acceptance: null,
      },
      customer: given.customer ?? null,
      customer_account: null,
      customer_creation: given.customer
        ? null
        : (given.customer_creation ?? (given.mode === 'subscription' ? 'always' : 'if_required')),
      customer_details: given.customer_email
        ? {
            address: null,
            business_name: null,
            email: given.customer_email,
            individual_name: null,
            name: null,
            phone: null,
            tax_exempt: 'none',
            tax_ids: null,
          }
        : null,
      customer_email: given.customer_email ?? null,
      discounts: (given.discounts ?? []).map((one) => ({
        coupon: one.coupon ?? null,
        promotion_code: one.promotion_code ?? null,
      })),
      expires_at: given.expires_at ?? app.now + DAY,
      integration_identifier: null,
      invoice: null,
      invoice_creation:
        given.mode === 'payment'
          ? {
              enabled: given.invoice_creation?.enabled ?? false,
              invoice_data: {
                account_tax_ids: null,
                custom_fields: null,
                description: given.invoice_creation?.invoice_data?.description ?? null,
                footer: null,
                issuer: null,
                metadata: (given.invoice_creation?.invoice_data?.metadata ?? {}) as Metadata,
                rendering_options: null,
              },
            }
          : null,
      livemode: false,
      locale: (given.locale ?? null) as Stripe.Checkout.Session.Locale | null,
      managed_payments: null,
      metadata: (given.metadata ?? {}) as Metadata,
      mode: given.mode,
      origin_context: null,
      payment_intent: null,
      payment_link: null,
      payment_method_collection:
        given.mode === 'subscription' ? (given.payment_method_collection ?? 'always') : 'if_required',
      payment_method_configuration_details: null,
      payment_method_options: { card: { request_three_d_secure: 'automatic' } },
      payment_method_types: ['card'],
      payment_status: given.mode === 'setup' ? 'no_payment_required' : 'unpaid',
      permissions: null,
      phone_number_collection: { enabled: false },
      recovered_from: null,
      saved_payment_method_options: null,
      setup_intent: null,
      shipping_address_collection: null,
      shipping_cost: null,
      shipping_options: [],
      status: 'open',
      submit_type: given.submit_type ?? null,
      subscription: null,
      success_url: given.success_url ?? null,
      tax_id_collection: {
        enabled: given.tax_id_collection?.enabled ?? false,
        required: given.tax_id_collection?.required ?? 'never',
      },
      total_details: null,
      ui_mode: 'hosted_page',
      url: `${app.url}/c/pay/${made}`,
      wallet_options: null,
    } satisfies Omit<Wire<Stripe.Checkout.Session>, 'line_items'>),
    _: {
      lines: [],
      customer_update: {
        address: given.customer_update?.address === 'auto',
        name: given.customer_update?.name === 'auto',
      },
      subscription_data: {
        trial_end: data?.trial_end ?? null,
        trial_period_days: data?.trial_period_days ?? null,
        billing_cycle_anchor: data?.billing_cycle_anchor ?? null,
        description: data?.description ?? null,
        metadata: (data?.metadata ?? {}) as Metadata,
        missing_payment_method: data?.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
      },
      payment_intent_data: {
        metadata: (given.payment_intent_data?.metadata ?? {}) as Metadata,
        description: given.payment_intent_data?.description ?? null,
        setup_future_usage: given.payment_intent_data?.setup_future_usage ?? null,
      },
      setup_intent_data: { metadata: (given.setup_intent_data?.metadata ?? {}) as Metadata },
      invoice_data: {
        enabled: given.invoice_creation?.enabled ?? false,
        metadata: (given.invoice_creation?.invoice_data?.metadata ?? {}) as Metadata,
        description: given.invoice_creation?.invoice_data?.description ?? null,
      },
      settle_at: null,
      payment_method: null,
    },
  };
}

const oneSession = one('checkout_sessions', 'checkout.session');

export const checkoutRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/checkout/sessions', handler: create },
  list('/v1/checkout/sessions', 'checkout_sessions', {
    params: {
      created: range,
      customer: filled,
      customer_details: z.strictObject({ email: filled }),
      payment_intent: filled,
      status: z.enum(['open', 'complete', 'expired']),
      subscription: filled,
    },
    by: ['customer', 'subscription', 'payment_intent'],
    same: ['status'],
    where: (one, given) =>
      !given.customer_details || one.customer_details?.email === given.customer_details.email,
  }),
  retrieve('/v1/checkout/sessions/:id', 'checkout_sessions', oneSession),
  update(
    '/v1/checkout/sessions/:id',
    'checkout_sessions',
    oneSession,
    null,
    z.strictObject({ metadata: metadata.optional(), expand }),
    (rec, given) => {
      rec.metadata = mergeMetadata(rec.metadata, given.metadata);
    },
  ),
  {
    method: 'POST',
    pattern: '/v1/checkout/sessions/:id/expire',
    handler: (call) => {
      parse(noParams, call.params);
      const session = oneSession(call);
      expire(call.app, session);
      return viewSession(call.app, session);
    },
  },
  nested('/v1/checkout/sessions/:id/line_items', (call) => oneSession(call)._.lines, {
    view: (line, app) => viewCheckoutLine(app, line),
    order: 'oldest',
  }),
];
