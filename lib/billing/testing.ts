import type Stripe from 'stripe';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { testDatabase } from '@/db/testing';
import { applyPush } from '@/lib/stripe/push';
import { testStripe } from '@/lib/stripe/testing';
import { addDays } from '@/lib/time';
import type { Account } from './accounts';
import { startTrial } from './subscriptions';
import { receiveEvent } from './webhooks';

export type Stage = Awaited<ReturnType<typeof openStage>>;

/**
 * A database with the catalogue, a local Stripe that sells it, and merchants in between: what a test of billing plays
 * on. Events are taken from Stripe's list and delivered by hand, in any order.
 */
export async function openStage() {
  const [database, local] = await Promise.all([testDatabase(), testStripe()]);
  const { db } = database;
  const { stripe } = local;
  const now = () => clockOf(local);
  await makeCatalogue(db);
  await applyPush(db, stripe, { kind: 'system', id: 'test' }, await now());
  let merchants = 0;
  const delivered = new Set<string>();

  return {
    db,
    stripe,
    control: local.control,
    now,
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
      for await (const event of stripe.events.list({ limit: 100 })) events.push(event);
      const fresh = events.reverse().filter((event) => !delivered.has(event.id));
      for (const event of fresh) delivered.add(event.id);
      return fresh;
    },
    async deliver(event: unknown) {
      return receiveEvent(db, { stripe, livemode: false, now: await now() }, JSON.stringify(event));
    },
    /** Delivers what is new, in order. */
    async deliverNew() {
      const answers = [];
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
