import type Stripe from 'stripe';
import { stripeError } from '@/lib/stripe/client';
import { type Scene, Untestable } from './contract-scene';

type Said = {
  /** What Tierline takes for granted, or asks, in one sentence; no two are the same. */
  says: string;
  /** Its numbers in docs/stripe.md. */
  numbers: readonly string[];
};

/** What must hold on local Stripe and on Stripe itself: `check` throws where it does not. */
export type Fact = Said & { check(scene: Scene): Promise<void> };

/** What no page tells: `answer` says which of `answers` Stripe gives. The app does with each of them. */
export type Question = Said & { answers: readonly string[]; answer(scene: Scene): Promise<string> };

/** One thing that Tierline takes for granted of Stripe. */
export type Clause = Fact | Question;

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** What Stripe refuses a request with; null when it takes it. What is no refusal is thrown on. */
export async function refusal(work: Promise<unknown>): Promise<Stripe.errors.StripeError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    const said = stripeError(error);
    if (said?.type !== 'StripeInvalidRequestError') throw error;
    if (said.code === 'stripe_tax_inactive') throw new Untestable('Stripe Tax is not set up');
    return said;
  }
}

/** @throws Error when Stripe takes the request, or refuses it with another code */
export async function mustRefuse(work: Promise<unknown>, what: string, code?: string): Promise<void> {
  const said = await refusal(work);
  must(said !== null, `${what} was taken`);
  if (code) must(said.code === code, `${what} is refused as ${said.code}, not ${code}: ${said.message}`);
}

export const TAKEN_OR_REFUSED = ['taken', 'refused'] as const;

export const takenOrRefused = async (work: Promise<unknown>): Promise<string> =>
  (await refusal(work)) ? 'refused' : 'taken';

/** Runs what needs Stripe Tax. @throws Untestable where the account has it not */
export async function withTax<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (stripeError(error)?.code === 'stripe_tax_inactive') throw new Untestable('Stripe Tax is not set up');
    throw error;
  }
}

/** A subscription to the monthly plan, by a card that pays unless said otherwise. */
export async function subscribe(
  scene: Scene,
  { card, ...params }: { card?: string } & Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  const customer = params.customer ?? (await scene.customer({ card: card ?? 'pm_card_visa' })).id;
  return scene.stripe.subscriptions.create({
    items: [{ price: scene.monthly.id }],
    metadata: { merchant: 'm', platform: 'p', kind: 'plan' },
    ...params,
    customer,
  });
}

/** The subscription's only item. */
export function itemOf({ items }: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = items.data;
  must(item !== undefined, 'the subscription has no item');
  return item;
}

/** Makes a method that attaches and then fails the customer's default and the subscription's. */
export async function breakCard({ stripe }: Scene, customer: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  return id;
}

export const idOf = (one: string | { id?: string } | null | undefined): string =>
  typeof one === 'string' ? one : (one?.id ?? '');

export const DAY = 86_400;
