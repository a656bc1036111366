import type Stripe from 'stripe';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { testDatabase } from '@/db/testing';
import { findCurrentSubscription } from '@/lib/billing/account/subscription';
import { startTrial } from '@/lib/billing/account/trial-start';
import type { Account } from '@/lib/billing/accounts';
import type { TaxRules } from '@/lib/billing/customers/tax';
import { receiveEvent } from '@/lib/billing/inbox/receive';
import { applyPush } from '@/lib/billing/plans/push';
import { startPlanCheckout } from '@/lib/billing/subscriptions/checkout';
import type { CheckoutRequest } from '@/lib/billing/subscriptions/checkout-slot';
import { startCreditCheckout } from '@/lib/billing/subscriptions/credit-checkout';
import { addDays } from '@/lib/time';
import { testStripe } from './stripe';

export type Stage = Awaited<ReturnType<typeof openStage>>;
export type Shop = { account: Account; storeId: string; storeCode: string };

export const CARDS = {
  good: '4242424242424242',
  declined: '4000000000000002',
  failsLater: '4000000000000341',
};
const OWNER = { kind: 'user' as const, id: 'usr_owner' };

/**
 * A database with the catalogue, a local Stripe that sells it, and merchants in between: what a test of billing plays
 * on. Events are taken from Stripe's list and delivered by hand, in any order.
 */
export async function openStage(
  options: {
    at?: Date;
    /** As with STRIPE_TAX=1, unless it says otherwise. */
    automaticTax?: boolean;
    database?: Pick<Awaited<ReturnType<typeof testDatabase>>, 'db' | 'url' | 'close'>;
  } = {},
) {
  const [database, local] = await Promise.all([options.database ?? testDatabase(), testStripe()]);
  const { db } = database;
  const { stripe } = local;
  const now = () => clockOf(local);
  if (options.at) await local.control('reset', { at: Math.floor(options.at.getTime() / 1000) });
  await makeCatalogue(db);
  await applyPush(db, stripe, { kind: 'system', id: 'test' }, await now());
  let merchants = 0;
  const delivered = new Set<string>();
  const tax: TaxRules = { sellerCountry: 'LU', automaticTax: options.automaticTax ?? true };
  let lastSeen = 0;

  return {
    db,
    stripe,
    url: local.url,
    vies: local.vies,
    webhookSecret: local.webhookSecret,
    databaseUrl: database.url,
    control: local.control,
    now,
    /** What every verb wants to know, at this moment. */
    async by(shop: { account: Account }) {
      return { account: shop.account, actor: OWNER, now: await now(), tax: { ...tax } };
    },
    async request(shop: {
      account: Account;
      storeId: string;
    }): Promise<CheckoutRequest & { storeId: string }> {
      return {
        ...(await this.by(shop)),
        storeId: shop.storeId,
        urls: {
          success: 'http://shop.test/s?session_id={CHECKOUT_SESSION_ID}',
          cancel: 'http://shop.test/c',
        },
        methods: ['card', 'link'],
      };
    },
    async checkout(shop: Shop, tierCode = 'professional', interval: 'month' | 'year' = 'month') {
      const request = { ...(await this.request(shop)), tierCode, interval, currency: 'EUR' };
      return startPlanCheckout(db, stripe, request);
    },
    /** Pays a Checkout session as a person would. A decline throws. */
    async pay(sessionId: string, body: { card?: string; outcome?: 'paid' | 'async' } = {}) {
      const path = `checkout/${sessionId}/complete`;
      await local.control(path, { card: CARDS.good, address: { country: 'LU' }, ...body });
    },
    /** A merchant that has bought a plan, its events taken in. */
    async subscriber(tierCode = 'professional', interval: 'month' | 'year' = 'month') {
      const shop = await this.merchant();
      const { sessionId } = await this.checkout(shop, tierCode, interval);
      await this.pay(sessionId);
      await this.deliverNew();
      const current = await this.current(shop);
      const subscriptionId = current.stripeSubscriptionId ?? '';
      const { customer } = await stripe.subscriptions.retrieve(subscriptionId);
      return { ...shop, subscriptionId, customerId: String(customer) };
    },
    async buyCredits(shop: Shop, packageCode: string, outcome: 'paid' | 'async' = 'paid') {
      const { sessionId } = await startCreditCheckout(db, stripe, {
        ...(await this.request(shop)),
        // A delayed method is paid with where the account's settings offer one.
        ...(outcome === 'async' ? { methods: null } : {}),
        packageCode,
      });
      await this.pay(sessionId, { outcome });
      return sessionId;
    },
    /** The subscription that counts. */
    async current(shop: { account: Account }) {
      const current = await findCurrentSubscription(db, shop.account);
      if (!current) throw new Error('no subscription counts');
      return current;
    },
    /** Another card becomes the customer's and its subscriptions' default. */
    async card(customerId: string, card: string) {
      const method = await stripe.paymentMethods.attach(card, { customer: customerId });
      await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: method.id } });
      for (const one of (await stripe.subscriptions.list({ customer: customerId })).data)
        await stripe.subscriptions.update(one.id, { default_payment_method: method.id });
    },
    async payOpenInvoices(customer: string) {
      for (const invoice of (await stripe.invoices.list({ customer, status: 'open' })).data)
        if (invoice.id) await stripe.invoices.pay(invoice.id);
    },
    /** Moves Stripe's clock; what rang meanwhile waits to be delivered. */
    async advance(days: number) {
      await local.control('advance', { days, app: false });
    },
    async advanceTo(at: Date) {
      await local.control('advance', { to: Math.ceil(at.getTime() / 1000), app: false });
    },
    /** A merchant with one store; `trialDays` > 0 starts its local trial. */
    async merchant(options: { trialDays?: number } = {}) {
      const key = `m${++merchants}`;
      const at = await now();
      const made = await makeMerchant(db, {
        key,
        name: `Merchant ${merchants}`,
        stores: [{ code: key.toUpperCase(), name: key }],
        owner: { email: `${key}@example.test`, name: key },
        at,
      });
      const account: Account = { merchantId: made.merchantId, platformId: MARKET };
      if (options.trialDays) {
        await db.transaction((tx) =>
          startTrial(tx, account, {
            defaultDays: options.trialDays ?? 30,
            actor: { kind: 'system', id: 'test' },
            now: at,
          }),
        );
      }
      return { account, storeId: made.storeIds[0] ?? '', storeCode: key.toUpperCase() };
    },
    /** A customer at Stripe with a card, marked as the merchant's. */
    async customer(account: Account, card = 'pm_card_visa') {
      const customer = await stripe.customers.create({
        name: 'Test',
        email: 't@example.test',
        metadata: { merchant: account.merchantId },
        address: { country: 'LU' },
      });
      const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
      await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
      return customer.id;
    },
    async price(tier: string, interval: 'month' | 'year' = 'month') {
      const list = await stripe.prices.list({ lookup_keys: [`market:${tier}:${interval}:eur`] });
      return list.data[0]?.id ?? '';
    },
    marks: (account: Account, tier: string) => ({
      merchant: account.merchantId,
      platform: account.platformId,
      tier,
      kind: 'plan',
    }),
    /** Events of Stripe that were not handed out yet, oldest first. */
    async newEvents(): Promise<Stripe.Event[]> {
      const events: Stripe.Event[] = [];
      const since = { created: { gte: lastSeen } };
      for await (const event of stripe.events.list({ limit: 100, ...since })) events.push(event);
      const fresh = events.reverse().filter((event) => !delivered.has(event.id));
      for (const event of fresh) delivered.add(event.id);
      lastSeen = fresh.at(-1)?.created ?? lastSeen;
      return fresh;
    },
    async deliver(event: unknown) {
      return receiveEvent(db, { stripe, livemode: false, now: await now() }, JSON.stringify(event));
    },
    /** Delivers what is new, in order. */
    async deliverNew() {
      const answers: { type: string; id: string; status: string }[] = [];
      for (const event of await this.newEvents())
        answers.push({ type: event.type, ...(await this.deliver(event)) });
      return answers;
    },
    daysAhead: async (days: number) => addDays(await now(), days),
    async close() {
      await Promise.all([database.close(), local.close()]);
    },
  };
}

async function clockOf(local: {
  control: (path: string, body?: unknown) => Promise<unknown>;
}): Promise<Date> {
  const answer = (await local.control('/_local/clock')) as { now: number };
  return new Date(answer.now * 1000);
}
