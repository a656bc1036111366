import { sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { billingDetailsInput, updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { openPortal } from '@/lib/billing/customers/portal';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { applyPush } from '@/lib/billing/plans/push';
import { previewUpcomingInvoice } from '@/lib/billing/reports/invoices';
import { endAddOns, setAddOnCancellation } from '@/lib/billing/subscriptions/add-on-cancellation';
import { startAddOnCheckout } from '@/lib/billing/subscriptions/add-ons';
import { setSubscription, subscriptionPut } from '@/lib/billing/subscriptions/by-hand';
import { cancelSubscription, reactivateSubscription } from '@/lib/billing/subscriptions/cancellation';
import { changeTier, undoPendingChange } from '@/lib/billing/subscriptions/change';
import { previewChange } from '@/lib/billing/subscriptions/change-preview';
import { startPlanCheckout } from '@/lib/billing/subscriptions/checkout';
import { completeCheckout } from '@/lib/billing/subscriptions/checkout-return';
import { startCreditCheckout } from '@/lib/billing/subscriptions/credit-checkout';
import type { Stage } from './stage';

export type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
type Verb = {
  /** What must stand before it. */
  before?: (shop: Subscriber) => Promise<unknown>;
  verb: (stripe: Stripe, shop: Subscriber) => Promise<unknown>;
  /** For a merchant that has bought nothing yet. */
  fresh?: true;
};

const monthly = { interval: 'month' as const };
let names = 0;

/** Every verb of billing that talks to Stripe. */
export function verbsOf(stage: Stage): Record<string, Verb> {
  const by = (shop: Subscriber) => stage.by(shop);
  const sessions = new Map<string, string>();
  const addOnId = async (shop: Subscriber) => {
    const rows = await stage.db.execute<{ id: string }>(
      sql`select id from store_add_ons where merchant_id = ${shop.account.merchantId}`,
    );
    return rows[0]?.id ?? '';
  };
  async function buyAddOn(shop: Subscriber) {
    const request = { ...(await stage.request(shop)), addOnCode: 'email_5' };
    await stage.pay((await startAddOnCheckout(stage.db, stage.stripe, request)).sessionId);
    await stage.deliverNew();
  }

  return {
    'buy a plan': {
      fresh: true,
      verb: async (stripe, shop) =>
        startPlanCheckout(stage.db, stripe, {
          ...(await stage.request(shop)),
          ...monthly,
          tierCode: 'business',
          currency: 'EUR',
        }),
    },
    'open the return page': {
      fresh: true,
      before: async (shop) => {
        const { sessionId } = await stage.checkout(shop);
        await stage.pay(sessionId);
        sessions.set(shop.storeCode, sessionId);
      },
      verb: async (stripe, shop) =>
        completeCheckout(stage.db, stripe, {
          ...(await by(shop)),
          sessionId: sessions.get(shop.storeCode) ?? '',
          merchantId: shop.account.merchantId,
        }),
    },
    'preview a change': {
      verb: async (stripe, shop) =>
        previewChange(stage.db, stripe, { ...(await by(shop)), ...monthly, tierCode: 'business' }),
    },
    upgrade: {
      verb: async (stripe, shop) =>
        changeTier(stage.db, stripe, { ...(await by(shop)), ...monthly, tierCode: 'business' }),
    },
    downgrade: {
      verb: async (stripe, shop) =>
        changeTier(stage.db, stripe, { ...(await by(shop)), ...monthly, tierCode: 'essential' }),
    },
    'undo a change': {
      before: async (shop) =>
        changeTier(stage.db, stage.stripe, { ...(await by(shop)), ...monthly, tierCode: 'essential' }),
      verb: async (stripe, shop) => undoPendingChange(stage.db, stripe, await by(shop)),
    },
    cancel: { verb: async (stripe, shop) => cancelSubscription(stage.db, stripe, await by(shop)) },
    'cancel now': {
      verb: async (stripe, shop) =>
        cancelSubscription(stage.db, stripe, { ...(await by(shop)), immediately: true }),
    },
    reactivate: {
      before: async (shop) => cancelSubscription(stage.db, stage.stripe, await by(shop)),
      verb: async (stripe, shop) => reactivateSubscription(stage.db, stripe, await by(shop)),
    },
    'buy an add-on': {
      verb: async (stripe, shop) =>
        startAddOnCheckout(stage.db, stripe, { ...(await stage.request(shop)), addOnCode: 'email_5' }),
    },
    'cancel an add-on': {
      before: (shop) => buyAddOn(shop),
      verb: async (stripe, shop) =>
        setAddOnCancellation(stage.db, stripe, {
          ...(await by(shop)),
          id: await addOnId(shop),
          cancel: true,
        }),
    },
    'end add-ons with the plan': {
      before: async (shop) => {
        await buyAddOn(shop);
        await cancelSubscription(stage.db, stage.stripe, { ...(await by(shop)), immediately: true });
      },
      verb: async (stripe, shop) => endAddOns(stage.db, stripe, shop.account, await by(shop)),
    },
    'buy credits': {
      verb: async (stripe, shop) =>
        startCreditCheckout(stage.db, stripe, { ...(await stage.request(shop)), packageCode: 'credits_100' }),
    },
    'open the portal': {
      verb: async (stripe, shop) =>
        openPortal(stage.db, stripe, {
          ...(await by(shop)),
          merchantId: shop.account.merchantId,
          returnUrl: 'http://shop.test',
        }),
    },
    'look at the next invoice': {
      verb: async (stripe, shop) =>
        previewUpcomingInvoice(stage.db, stripe, shop.account, (await by(shop)).tax),
    },
    reconcile: {
      verb: async (stripe, shop) =>
        reconcileStripe(stage.db, stripe, {
          ...(await by(shop)),
          livemode: false,
          merchantId: shop.account.merchantId,
        }),
    },
    'save billing details': {
      verb: async (stripe, shop) =>
        updateBillingDetails(stage.db, stripe, {
          ...(await by(shop)),
          merchantId: shop.account.merchantId,
          details: billingDetailsInput.parse({ name: `Name ${++names}`, email: 'bills@example.test' }),
        }),
    },
    'give another plan at an agreed price': {
      verb: async (stripe, shop) =>
        setSubscription(
          stage.db,
          () => stripe,
          shop.account,
          subscriptionPut.parse({ tierCode: 'enterprise', unitAmount: 77_700 }),
          await by(shop),
        ),
    },
    'put a new price at Stripe': {
      before: () =>
        stage.db.execute(sql`
        update tier_prices set unit_amount = unit_amount + 100
        where interval = 'month' and archived_at is null
          and tier_id in (select id from tiers where code = 'essential')`),
      verb: async (stripe) => applyPush(stage.db, stripe, { kind: 'system', id: 'test' }, await stage.now()),
    },
  };
}

/** A merchant for a verb, with what must stand before it. */
export async function shopFor(stage: Stage, { fresh, before }: Verb): Promise<Subscriber> {
  const shop = fresh
    ? { ...(await stage.merchant({ trialDays: 10 })), subscriptionId: '', customerId: '' }
    : await stage.subscriber('professional');
  await before?.(shop);
  return shop;
}

/** All that is kept of a merchant, but for attempts to buy: an open place holds no promise. */
export async function keptOf(stage: Stage, shop: Subscriber) {
  const kept: Record<string, unknown> = {};
  for (const table of [
    'subscriptions',
    'store_add_ons',
    'invoices',
    'credit_ledger',
    'audit_log',
    'mrr_movements',
  ]) {
    kept[table] = [
      ...(await stage.db.execute(
        sql`select * from ${sql.identifier(table)} where merchant_id = ${shop.account.merchantId} order by 1`,
      )),
    ];
  }
  return kept;
}
