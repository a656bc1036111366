import type Stripe from 'stripe';
import { consumeCredits } from '@/lib/billing/account/credits';
import { setAddOnCancellation } from '@/lib/billing/subscriptions/add-on-cancellation';
import { listStoreAddOns, startAddOnCheckout } from '@/lib/billing/subscriptions/add-ons';
import { cancelSubscription, reactivateSubscription } from '@/lib/billing/subscriptions/cancellation';
import { changeTier, undoPendingChange } from '@/lib/billing/subscriptions/change';
import { previewChange } from '@/lib/billing/subscriptions/change-preview';
import { completeCheckout } from '@/lib/billing/subscriptions/checkout-return';
import type { Dice } from './random';
import type { Shop, Stage } from './stage';

/** A merchant in a random story: what it did is told by `log` when something is wrong in the end. */
export type Hero = {
  stage: Stage;
  dice: Dice;
  shop: Shop;
  customer: string;
  log: string[];
  /** Sessions by a delayed method whose money is on its way. */
  delayed: string[];
};

type Step = (hero: Hero) => Promise<unknown>;

const TIERS = ['essential', 'professional', 'business'] as const;
const INTERVALS = ['month', 'month', 'year'] as const;
const ADD_ONS = ['email_5', 'email_10', 'ssl_premium'] as const;

const live = async ({ stage, customer }: Hero) =>
  (await stage.stripe.subscriptions.list({ customer })).data.filter((one) => one.metadata.kind === 'plan');

async function target(hero: Hero): Promise<Stripe.Subscription> {
  const [one] = await live(hero);
  if (!one) throw new NotNow();
  return one;
}

/** The step does not fit where the story stands. */
export class NotNow extends Error {}

/** What can happen, by name; each through the app's verbs or behind its back at Stripe. */
export const steps: Record<string, Step> = {
  async buy(hero) {
    const { stage, dice, shop } = hero;
    const { sessionId } = await stage.checkout(shop, dice.pick(TIERS), dice.pick(INTERVALS));
    if (dice.chance(0.15)) return; // left open
    await stage.pay(sessionId);
    if (dice.chance(0.4)) {
      const who = { ...(await stage.by(shop)), merchantId: shop.account.merchantId };
      await completeCheckout(stage.db, stage.stripe, { ...who, sessionId });
    }
  },
  async create(hero) {
    const { stage, dice, shop, customer } = hero;
    if ((await live(hero)).length > 0) throw new NotNow();
    const tier = dice.pick(TIERS);
    await stage.stripe.subscriptions.create({
      customer,
      items: [{ price: await stage.price(tier, dice.pick(INTERVALS)) }],
      metadata: stage.marks(shop.account, tier),
      ...(dice.chance(0.4) ? { trial_period_days: 1 + dice.below(12) } : {}),
      ...(dice.chance(0.3) ? { payment_behavior: 'default_incomplete' as const } : {}),
    });
  },
  async change({ stage, dice, shop }) {
    const wish = { tierCode: dice.pick(TIERS), interval: dice.pick(INTERVALS) };
    const request = { ...(await stage.by(shop)), ...wish };
    if (dice.chance(0.5)) {
      const { prorationDate } = await previewChange(stage.db, stage.stripe, request);
      if (prorationDate) Object.assign(request, { prorationDate });
    }
    await changeTier(stage.db, stage.stripe, request);
  },
  async undo({ stage, shop }) {
    await undoPendingChange(stage.db, stage.stripe, await stage.by(shop));
  },
  async cancel({ stage, dice, shop }) {
    await cancelSubscription(stage.db, stage.stripe, {
      ...(await stage.by(shop)),
      reason: dice.pick(['too dear', 'unused']),
      immediately: dice.chance(0.25),
    });
  },
  async reactivate({ stage, shop }) {
    await reactivateSubscription(stage.db, stage.stripe, await stage.by(shop));
  },
  async portalCancel(hero) {
    const one = await target(hero);
    const end = one.items.data[0]?.current_period_end;
    await hero.stage.stripe.subscriptions.update(one.id, { cancel_at: end ?? 'min_period_end' });
  },
  async dashboardCancel(hero) {
    await hero.stage.stripe.subscriptions.cancel((await target(hero)).id);
  },
  async dashboardChange(hero) {
    const one = await target(hero);
    const price = await hero.stage.price(hero.dice.pick(TIERS), hero.dice.pick(INTERVALS));
    const item = one.items.data.find((each) => each.metadata.kind !== 'add_on');
    await hero.stage.stripe.subscriptions.update(one.id, {
      items: [{ id: item?.id, price }],
      proration_behavior: hero.dice.pick(['create_prorations', 'always_invoice', 'none'] as const),
    });
  },
  async coupon(hero) {
    const one = await target(hero);
    const coupon = await hero.stage.stripe.coupons.create({
      percent_off: hero.dice.pick([10, 25, 50]),
      duration: hero.dice.pick(['forever', 'once'] as const),
    });
    await hero.stage.stripe.subscriptions.update(one.id, { discounts: [{ coupon: coupon.id }] });
  },
  async pauseCollection(hero) {
    const one = await target(hero);
    await hero.stage.stripe.subscriptions.update(one.id, {
      pause_collection: one.pause_collection ? '' : { behavior: 'void' },
    });
  },
  async card({ stage, dice, customer }) {
    const tokens = [
      'pm_card_visa',
      'pm_card_visa',
      'pm_card_chargeCustomerFail',
      'pm_card_authenticationRequired',
    ];
    await stage.card(customer, dice.pick(tokens));
  },
  async payUp({ stage, customer }) {
    await stage.card(customer, 'pm_card_visa');
    await stage.payOpenInvoices(customer);
  },
  async addOn({ stage, dice, shop }) {
    const request = { ...(await stage.request(shop)), addOnCode: dice.pick(ADD_ONS) };
    const { sessionId } = await startAddOnCheckout(stage.db, stage.stripe, request);
    await stage.pay(sessionId);
  },
  async addOnItem(hero) {
    const one = await target(hero);
    const interval = one.items.data[0]?.price.recurring?.interval === 'year' ? 'ssl_premium' : 'email_5';
    const key = `market:${interval}:${interval === 'email_5' ? 'month' : 'year'}:eur`;
    const price = (await hero.stage.stripe.prices.list({ lookup_keys: [key] })).data[0]?.id;
    await hero.stage.stripe.subscriptionItems.create({
      subscription: one.id,
      price,
      metadata: { kind: 'add_on' },
    });
  },
  async endAddOn({ stage, dice, shop }) {
    const mine = (await listStoreAddOns(stage.db, shop.account)).filter((one) => !one.endedAt);
    if (mine.length === 0) throw new NotNow();
    const { id } = dice.pick(mine);
    await setAddOnCancellation(stage.db, stage.stripe, {
      ...(await stage.by(shop)),
      id,
      cancel: dice.chance(0.7),
    });
  },
  async credits(hero) {
    const { stage, dice, shop } = hero;
    const outcome = dice.chance(0.3) ? 'async' : 'paid';
    const session = await stage.buyCredits(shop, dice.pick(['credits_100', 'credits_500']), outcome);
    if (outcome === 'async') hero.delayed.push(session);
  },
  async moneyArrives(hero) {
    const session = hero.delayed.shift();
    if (!session) throw new NotNow();
    // A debit comes by itself after its days: then nothing is waited for any more.
    const { payment_status: status } = await hero.stage.stripe.checkout.sessions.retrieve(session);
    if (status !== 'unpaid') throw new NotNow();
    const comes = hero.dice.chance(0.7);
    const type = `checkout.session.async_payment_${comes ? 'succeeded' : 'failed'}`;
    await hero.stage.control('trigger', { type, session });
  },
  async refund(hero) {
    const { stage, dice, customer } = hero;
    const charges = (await stage.stripe.charges.list({ customer, limit: 20 })).data.filter(
      (one) => one.paid && one.amount_refunded < one.amount,
    );
    if (charges.length === 0) throw new NotNow();
    const charge = dice.pick(charges);
    const rest = charge.amount - charge.amount_refunded;
    const amount = dice.chance(0.5) ? rest : 1 + dice.below(rest);
    await stage.stripe.refunds.create({ charge: charge.id, amount });
  },
  async dispute({ stage, dice, customer }) {
    // Of one that is disputed already Stripe hears no second (code charge_disputed).
    const charges = (await stage.stripe.charges.list({ customer, limit: 5 })).data.filter(
      (one) => one.paid && !one.disputed,
    );
    if (charges.length === 0) throw new NotNow();
    await stage.control('trigger', { type: 'charge.dispute.created', charge: dice.pick(charges).id });
  },
  async spend({ stage, dice, shop, log }) {
    const input = { ...(await stage.by(shop)), amount: 1 + dice.below(60), reason: 'work' };
    const key = `spend-${shop.storeCode}-${log.length}`;
    await stage.db.transaction((tx) => consumeCredits(tx, shop.account, { ...input, key }));
  },
  async rename({ stage, dice, customer }) {
    await stage.stripe.customers.update(customer, { name: `Name ${dice.below(100)}` });
  },
};
