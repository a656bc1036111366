import type Stripe from 'stripe';
import { idsOf, LOYALTY, MARKET } from '@/db/make';
import type { DemoMerchant, StoryStep } from './demo';

/** What the telling of a story needs. */
export type Teller = {
  stripe: Stripe;
  /** Posts to local Stripe's controls. */
  control(path: string, body: unknown): Promise<unknown>;
  priceOf(lookupKey: string): string;
  productOf(tierCode: string): string;
};

/** What is known of a merchant at Stripe while its story is told. */
type Cast = { customer?: string; subscriptions: Record<string, string> };

/** Tells one step of a merchant's story through Stripe's own API; what it means arrives by webhook. */
export async function tellStep(
  teller: Teller,
  merchant: DemoMerchant,
  cast: Cast,
  step: StoryStep,
): Promise<void> {
  const customer = await ensureCustomer(teller, merchant, cast);
  const base = cast.subscriptions.market;
  const { stripe } = teller;
  const { merchantId } = idsOf(merchant.key);
  const store = `sto_${merchant.stores[0]?.code.toLowerCase()}`;
  const marks = { merchant: merchantId, platform: MARKET, store };
  switch (step.do) {
    case 'subscribe': {
      const platform = step.platform ?? 'market';
      const price = teller.priceOf(`${platform}:${step.tier}:${step.interval ?? 'month'}:eur`);
      const subscription = await stripe.subscriptions.create({
        customer,
        items: [{ price }],
        automatic_tax: { enabled: true },
        metadata: {
          ...marks,
          platform: platform === 'market' ? MARKET : LOYALTY,
          ...(platform === 'market' ? {} : { store: `sto_${merchant.stores.at(-1)?.code.toLowerCase()}` }),
          tier: step.tier,
          kind: 'plan',
        },
      });
      cast.subscriptions[platform] = subscription.id;
      return;
    }
    case 'enterprise': {
      const price = await stripe.prices.create({
        product: teller.productOf('enterprise'),
        currency: 'eur',
        unit_amount: step.amount,
        tax_behavior: 'exclusive',
        recurring: { interval: 'month' },
      });
      const subscription = await stripe.subscriptions.create({
        customer,
        items: [{ price: price.id }],
        automatic_tax: { enabled: true },
        metadata: { ...marks, tier: 'enterprise', kind: 'plan' },
      });
      cast.subscriptions.market = subscription.id;
      return;
    }
    case 'change': {
      if (!base) return;
      const subscription = await stripe.subscriptions.retrieve(base);
      const item = subscription.items.data[0];
      const interval = item?.price.recurring?.interval ?? 'month';
      await stripe.subscriptions.update(base, {
        items: [{ id: item?.id, price: teller.priceOf(`market:${step.tier}:${interval}:eur`) }],
        proration_behavior: 'always_invoice',
        payment_behavior: 'pending_if_incomplete',
      });
      return;
    }
    case 'card': {
      const method = await stripe.paymentMethods.attach(step.card, { customer });
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
      return;
    }
    case 'pay': {
      const open = await stripe.invoices.list({ customer, status: 'open' });
      for (const invoice of open.data) if (invoice.id) await stripe.invoices.pay(invoice.id);
      return;
    }
    case 'cancel':
      if (!base) return;
      if (step.now)
        await stripe.subscriptions.cancel(base, { cancellation_details: { comment: step.reason } });
      else {
        await stripe.subscriptions.update(base, {
          cancel_at_period_end: true,
          cancellation_details: { comment: step.reason },
        });
      }
      return;
    case 'add_on':
      await stripe.subscriptions.create({
        customer,
        items: [
          {
            price: teller.priceOf(
              `market:${step.code}:${step.code.startsWith('email') ? 'month' : 'year'}:eur`,
            ),
          },
        ],
        automatic_tax: { enabled: true },
        metadata: {
          ...marks,
          kind: 'add_on',
          code: step.code,
          ...(step.domain ? { domain: step.domain } : {}),
        },
      });
      return;
    case 'credits': {
      const metadata = { ...marks, kind: 'credits', code: step.code };
      const session = await stripe.checkout.sessions.create({
        mode: 'payment',
        customer,
        customer_update: { name: 'auto', address: 'auto' },
        line_items: [{ price: teller.priceOf(`market:${step.code}:once:eur`), quantity: 1 }],
        success_url: 'http://localhost/success',
        automatic_tax: { enabled: true },
        metadata,
        invoice_creation: { enabled: true, invoice_data: { metadata } },
        payment_intent_data: { metadata },
      });
      await teller.control(`/_local/checkout/${session.id}/complete`, { card: '4242424242424242' });
    }
  }
}

async function ensureCustomer(teller: Teller, merchant: DemoMerchant, cast: Cast): Promise<string> {
  if (cast.customer) return cast.customer;
  const { stripe } = teller;
  const customer = await stripe.customers.create({
    name: merchant.name,
    email: `billing@${merchant.key}.test`,
    address: {
      line1: '1, rue du Commerce',
      postal_code: '1234',
      city: 'Luxembourg',
      country: merchant.country ?? 'LU',
    },
    metadata: { merchant: idsOf(merchant.key).merchantId },
  });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  cast.customer = customer.id;
  return customer.id;
}

export type { Cast };
