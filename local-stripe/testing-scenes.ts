/** Subscriptions that several of this folder's tests begin with. */
import type Stripe from 'stripe';
import { customerWith, price } from './testing';

type PhaseParam = Stripe.SubscriptionScheduleUpdateParams.Phase;

/** 99.00 a month at half price, and a schedule made of it. */
export async function scheduled(
  stripe: Stripe,
  given: Partial<Stripe.SubscriptionCreateParams> = {},
  coupon: Stripe.CouponCreateParams = { percent_off: 50, duration: 'forever' },
) {
  const pro = await price(stripe, 'Professional', 9900);
  const basic = await price(stripe, 'Essential', 4900);
  const customer = await customerWith(stripe, 'pm_card_visa', { address: { country: 'LU' } });
  const half = await stripe.coupons.create(coupon);
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    discounts: [{ coupon: half.id }],
    ...given,
  });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
  const [first] = schedule.phases as [Stripe.SubscriptionSchedule.Phase];
  const current: PhaseParam = {
    items: [{ price: pro.id }],
    start_date: first.start_date,
    end_date: first.end_date,
  };
  const coming: PhaseParam = { items: [{ price: basic.id }], duration: { interval: 'month' } };
  const rewrite = (
    phases: [PhaseParam, ...PhaseParam[]],
    params: Stripe.SubscriptionScheduleUpdateParams = {},
  ) => stripe.subscriptionSchedules.update(schedule.id, { proration_behavior: 'none', ...params, phases });
  const own = [{ discount: sub.discounts[0] as string }];
  return { customer, pro, basic, half, sub, schedule, first, current, coming, rewrite, own };
}

/** A plan of 99.00 that may be about to end, by a card that may fail, and ways up. */
export async function upgradable(
  stripe: Stripe,
  { cancelling, card }: { cancelling: boolean; card: 'good' | 'bad' },
) {
  const pro = await price(stripe, 'Professional', 9900);
  const business = await price(stripe, 'Business', 19900);
  const yearly = await price(stripe, 'Business yearly', 199000, 'year');
  const customer = await customerWith(stripe, 'pm_card_visa');
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
  });
  if (cancelling) await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  if (card === 'bad') {
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  }
  const update = (given: Stripe.SubscriptionUpdateParams) => stripe.subscriptions.update(id, given);
  return {
    pro,
    business,
    yearly,
    update,
    now: () => stripe.subscriptions.retrieve(id),
    upgrade: (given: Stripe.SubscriptionUpdateParams, target = business) =>
      update({
        items: [{ id: String(items.data[0]?.id), price: target.id }],
        proration_behavior: 'always_invoice',
        payment_behavior: 'pending_if_incomplete',
        ...given,
      }),
    pay: async (held: Stripe.Subscription) => {
      const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
      await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: good.id } });
      await stripe.invoices.pay(String(held.latest_invoice), { payment_method: good.id });
      return stripe.subscriptions.retrieve(id);
    },
    invoice: (held: Stripe.Subscription) => stripe.invoices.retrieve(String(held.latest_invoice)),
  };
}

/** A plan of 99.00 a month, the same by the year, and a change of one to the other that is invoiced at once. */
export async function monthly(stripe: Stripe, given: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const customer = await customerWith(stripe, 'pm_card_visa');
  const pro = await price(stripe, 'Professional', 9900);
  const yearly = await price(stripe, 'Professional yearly', 99000, 'year');
  const sub = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: pro.id }],
    ...given,
  });
  const change = (more: Stripe.SubscriptionUpdateParams = {}, target = yearly) =>
    stripe.subscriptions.update(sub.id, {
      items: [{ id: String(sub.items.data[0]?.id), price: target.id }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
      ...more,
    });
  return { customer, pro, yearly, sub, change };
}
