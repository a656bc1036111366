/** A checkout session as it is made, before it has lines. */
import type Stripe from 'stripe';
import type { App } from '../app';
import { DAY } from '../clock';
import { CONFIGURATION, offered } from '../records/methods';
import type { CheckoutSession, Metadata, Wire } from '../types';
import type { CheckoutGiven } from './checkout-params';

/** Open, without lines or amounts; not yet kept. */
export function shapeSession(app: App, given: CheckoutGiven, currency: string | null): CheckoutSession {
  const made = app.ids.session();
  const data = given.subscription_data;
  const email = given.customer_email ?? app.store.get('customers', given.customer)?.email ?? null;
  return {
    ...({
      id: made,
      object: 'checkout.session',
      // On unless it is said otherwise: the buyer may pay in another currency (stripe.md F9).
      adaptive_pricing: { enabled: given.mode !== 'setup' && (given.adaptive_pricing?.enabled ?? true) },
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
      branding_settings: {
        background_color: '#ffffff',
        border_style: 'rounded',
        button_color: '#0074d4',
        display_name: 'Tierline (local)',
        font_family: 'default',
        icon: null,
        logo: null,
      },
      cancel_url: given.cancel_url ?? null,
      client_reference_id: given.client_reference_id ?? null,
      client_secret: null,
      collected_information: given.customer
        ? { business_name: null, individual_name: null, shipping_details: null }
        : null,
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
      customer_details: email
        ? {
            address: null,
            business_name: null,
            email,
            individual_name: null,
            name: null,
            phone: null,
            tax_exempt: 'none',
            tax_ids: null,
          }
        : null,
      customer_email: given.customer_email ?? null,
      discounts:
        given.mode === 'setup'
          ? null
          : (given.discounts ?? []).map((one) => ({
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
        given.mode === 'payment' ? 'if_required' : (given.payment_method_collection ?? 'always'),
      payment_method_configuration_details: given.allowed_payment_method_types ? null : CONFIGURATION,
      payment_method_options: { card: { request_three_d_secure: 'automatic' } },
      payment_method_types: offered(app, given.allowed_payment_method_types, currency),
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
      // Only there where it was asked for.
      ...(given.tax_id_collection
        ? {
            tax_id_collection: {
              enabled: given.tax_id_collection.enabled,
              required: given.tax_id_collection.required ?? 'never',
            },
          }
        : {}),
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
      payment_method: null,
    },
  };
}
