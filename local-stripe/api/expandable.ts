/**
 * What `expand` may name first, per object: the properties that the SDK's declarations type as an object, a list or a reference
 * (stripe.md D2). stripe 23.1.0, esm/resources/*.d.ts; of payment methods and accounts only what is kept here.
 */
const EXPANDABLE: Record<string, string> = {
  account: 'business_profile capabilities controller external_accounts requirements settings',
  balance: 'available pending',
  balance_transaction: 'fee_details source',
  'billing_portal.configuration': 'application business_profile features login_page',
  'billing_portal.session': 'after_expiration configuration flow',
  charge:
    'application application_fee balance_transaction billing_details customer failure_balance_transaction fraud_details level3 on_behalf_of outcome payment_intent payment_method_details presentment_details radar_options refunds review shipping source source_transfer transfer transfer_data',
  'checkout.session':
    'adaptive_pricing after_expiration automatic_tax branding_settings collected_information consent consent_collection currency_conversion custom_fields custom_text customer customer_details discounts invoice invoice_creation line_items managed_payments name_collection optional_items payment_intent payment_link payment_method_configuration_details payment_method_options permissions phone_number_collection presentment_details saved_payment_method_options setup_intent shipping_address_collection shipping_cost shipping_options subscription tax_id_collection total_details wallet_options',
  coupon: 'applies_to currency_options',
  credit_note:
    'customer customer_balance_transaction discount_amounts invoice lines pretax_credit_amounts refunds shipping_cost total_taxes',
  credit_note_line_item: 'discount_amounts pretax_credit_amounts tax_rates taxes',
  customer:
    'address cash_balance default_source discount invoice_credit_balance invoice_settings shipping sources subscriptions tax tax_ids test_clock',
  customer_balance_transaction: 'checkout_session credit_note customer invoice',
  discount: 'customer promotion_code source',
  dispute: 'balance_transactions charge evidence evidence_details payment_intent payment_method_details',
  event: '',
  invoice:
    'account_tax_ids application automatic_tax confirmation_secret custom_fields customer customer_address customer_shipping customer_tax_ids default_payment_method default_source default_tax_rates discounts from_invoice issuer last_finalization_error latest_revision lines on_behalf_of parent payment_settings payments rendering shipping_cost shipping_details status_details status_transitions test_clock threshold_reason total_discount_amounts total_pretax_credit_amounts total_taxes',
  invoice_payment: 'invoice payment status_transitions',
  invoiceitem:
    'customer discounts invoice invoicing_rules parent period pricing proration_details tax_rates test_clock',
  item: 'adjustable_quantity discounts price taxes',
  line_item: 'discount_amounts discounts parent period pretax_credit_amounts pricing subscription taxes',
  payment_intent:
    'amount_details application automatic_payment_methods customer hooks last_payment_error latest_charge managed_payments next_action on_behalf_of payment_details payment_method payment_method_configuration_details payment_method_options payment_record presentment_details processing review shipping source transfer_data',
  payment_method: 'billing_details card customer radar_options sepa_debit',
  price: 'currency_options custom_unit_amount product recurring tiers transform_quantity',
  product: 'default_price marketing_features package_dimensions tax_code tax_details',
  promotion_code: 'customer promotion restrictions',
  refund:
    'balance_transaction charge customer destination_details failure_balance_transaction next_action payment_intent payment_method presentment_details source_transfer_reversal transfer_reversal',
  setup_intent:
    'application automatic_payment_methods customer last_setup_error latest_attempt managed_payments mandate next_action on_behalf_of payment_method payment_method_configuration_details payment_method_options single_use_mandate',
  subscription:
    'application automatic_tax billing_cycle_anchor_config billing_mode billing_schedules billing_thresholds cancellation_details customer default_payment_method default_source default_tax_rates discounts invoice_settings items latest_invoice managed_payments on_behalf_of pause_collection payment_settings pending_invoice_item_interval pending_setup_intent pending_update presentment_details schedule status_details test_clock transfer_data trial_settings',
  subscription_item: 'billing_thresholds current_trial discounts plan price tax_rates',
  subscription_schedule:
    'application billing_mode current_phase customer default_settings pause_schedules phases status subscription test_clock',
  'tax.registration': 'country_options',
  'tax.settings': 'defaults head_office status_details',
  tax_id: 'customer owner verification',
  tax_rate: '',
  'test_helpers.test_clock': 'status_details',
  webhook_endpoint: '',
};

/** Which object a route answers with, or lists: the longest of these that its pattern begins with. */
const ANSWERS: [string, string][] = [
  ['/v1/customers/:id/balance_transactions', 'customer_balance_transaction'],
  ['/v1/checkout/sessions/:id/line_items', 'item'],
  ['/v1/customers/:id/payment_methods', 'payment_method'],
  ['/v1/billing_portal/configurations', 'billing_portal.configuration'],
  ['/v1/subscriptions/:id/discount', 'discount'],
  ['/v1/customers/:id/discount', 'discount'],
  ['/v1/test_helpers/test_clocks', 'test_helpers.test_clock'],
  ['/v1/billing_portal/sessions', 'billing_portal.session'],
  ['/v1/subscription_schedules', 'subscription_schedule'],
  ['/v1/credit_notes/:id/lines', 'credit_note_line_item'],
  ['/v1/customers/:id/tax_ids', 'tax_id'],
  ['/v1/balance_transactions', 'balance_transaction'],
  ['/v1/subscription_items', 'subscription_item'],
  ['/v1/invoices/:id/lines', 'line_item'],
  ['/v1/checkout/sessions', 'checkout.session'],
  ['/v1/webhook_endpoints', 'webhook_endpoint'],
  ['/v1/tax/registrations', 'tax.registration'],
  ['/v1/invoice_payments', 'invoice_payment'],
  ['/v1/payment_intents', 'payment_intent'],
  ['/v1/promotion_codes', 'promotion_code'],
  ['/v1/payment_methods', 'payment_method'],
  ['/v1/subscriptions', 'subscription'],
  ['/v1/setup_intents', 'setup_intent'],
  ['/v1/credit_notes', 'credit_note'],
  ['/v1/invoiceitems', 'invoiceitem'],
  ['/v1/tax/settings', 'tax.settings'],
  ['/v1/customers', 'customer'],
  ['/v1/tax_rates', 'tax_rate'],
  ['/v1/invoices', 'invoice'],
  ['/v1/products', 'product'],
  ['/v1/disputes', 'dispute'],
  ['/v1/charges', 'charge'],
  ['/v1/refunds', 'refund'],
  ['/v1/coupons', 'coupon'],
  ['/v1/account', 'account'],
  ['/v1/balance', 'balance'],
  ['/v1/prices', 'price'],
  ['/v1/events', 'event'],
];

interface Answer {
  object: string;
  /** Paths begin with `data` there. */
  list: boolean;
}

export function answerOf(method: string, pattern: string): Answer | null {
  const found = ANSWERS.find(([start]) => pattern === start || pattern.startsWith(`${start}/`));
  if (!found) return null;
  const [start, object] = found;
  return { object, list: method === 'GET' && pattern === start && !SINGLE.has(object) };
}

const SINGLE = new Set(['account', 'balance', 'tax.settings']);

export function isExpandable(object: string, property: string): boolean {
  return EXPANDABLE[object]?.split(' ').includes(property) ?? false;
}
