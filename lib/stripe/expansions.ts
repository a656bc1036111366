/**
 * Every expansion that the app asks Stripe for. At most four dotted segments, `data` counted (stripe.md 47): a test counts
 * them, and the contract tries each on a real object.
 */
export const expansions = {
  /** A subscription as the mirror reads it. Why a payment failed is told by the invoice's own mirror. */
  subscription: ['latest_invoice.payments', 'discounts.source.coupon', 'schedule.phases.items.price'],
  /** What a change of plan must know: how it is paid, what waits, what is taken off. */
  change: ['default_payment_method', 'customer.invoice_settings.default_payment_method', 'discounts'],
  /** What a schedule must hand back. A discount's coupon is named in it: no expansion for that (stripe.md F3). */
  schedule: ['discounts', 'items.data.discounts'],
  waiting: ['schedule'],
  invoice: ['payments.data.payment.payment_intent'],
  customer: ['invoice_settings.default_payment_method', 'tax_ids', 'discount.source.coupon'],
  dispute: ['charge'],
  importList: ['data.customer'],
  /** In lists one level is lost to `data`: what the phases' prices are is left to a fetch where it matters. */
  subscriptionList: ['data.latest_invoice.payments', 'data.discounts.source.coupon', 'data.schedule'],
  customerList: [
    'data.invoice_settings.default_payment_method',
    'data.tax_ids',
    'data.discount.source.coupon',
  ],
} as const satisfies Record<string, readonly string[]>;

/** The paths of one use, as the SDK takes them. */
export const expand = (use: keyof typeof expansions): string[] => [...expansions[use]];
