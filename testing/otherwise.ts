/**
 * What is unknown of Stripe, and what an account decides, is a setting of local Stripe: here each has its other answer. The
 * contract and the app's verbs are tried under both.
 */
export const OTHERWISE = {
  pending_updates_take: ['off_session', 'price_data', 'send_invoice', 'other_methods'],
  expiry_updates: true,
  cancel_stops_customer: false,
  scheduled_preview: 'subscription',
  archived_price_in_phase: 'refused',
  unplaceable_address: 'stored',
  tax_behavior: 'exclusive',
  deleted_customer_expand: 'refused',
  later_interval_change: 'period',
  early_end_taken_back: 'kept',
};
