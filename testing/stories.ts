import { sql } from 'drizzle-orm';
import Stripe from 'stripe';
import { ensureStripeCustomer } from '@/lib/billing/customers/customers';
import { takeMissedEvents } from '@/lib/billing/inbox/missed-events';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { retryDueEvents } from '@/lib/billing/inbox/retry';
import { endAddOns } from '@/lib/billing/subscriptions/add-on-cancellation';
import { DomainError } from '@/lib/errors';
import { addDays, toUnix } from '@/lib/time';
import { checkAgainstStripe } from './checks';
import { makeDice } from './random';
import type { Stage } from './stage';
import { type Hero, NotNow, steps } from './steps';

const JOB = { kind: 'job' as const, id: 'test' };

/**
 * Tells one random story: steps at Stripe and in the app, with the events delivered late, shuffled, twice, several at
 * once or never, in between. In the end the app must stand where Stripe stands. The seed repeats it.
 */
export async function tellStory(stage: Stage, seed: number, length = 14): Promise<void> {
  const dice = makeDice(seed);
  const shop = await stage.merchant(dice.chance(0.5) ? { trialDays: 1 + dice.below(40) } : {});
  const customer = await ensureStripeCustomer(
    stage.db,
    stage.stripe,
    shop.account.merchantId,
    await stage.by(shop),
  );
  await stage.card(customer, 'pm_card_visa');
  await stage.control('settings', {
    dunning_end: dice.pick(['canceled', 'canceled', 'unpaid', 'past_due', 'paused']),
  });
  const hero: Hero = { stage, dice, shop, customer, log: [], delayed: [] };
  const post = { waiting: [] as Stripe.Event[], lost: 0 };
  try {
    for (let step = 0; step < length; step++) {
      await doStep(
        hero,
        step === 0 ? 'create' : dice.pick([...Object.keys(steps), 'advance', 'advance', 'advance']),
        post,
      );
      await deliverSome(hero, post, dice.pick([0, 0.3, 0.8]));
    }
    await settleAll(hero, post);
    await checkAgainstStripe(hero);
  } catch (error) {
    throw new Error(`STORY_SEED=${seed} tells it again: ${hero.log.join(' → ')}`, { cause: error });
  } finally {
    await leave(hero);
  }
}

type Post = { waiting: Stripe.Event[]; lost: number };

async function doStep(hero: Hero, name: string, post: Post): Promise<void> {
  const { stage, dice, log } = hero;
  if (name === 'advance') {
    const days = dice.pick([1, 3, 8, 20, 33]);
    log.push(`advance ${days}`);
    // Events are forgotten after 31 days: what was lost is asked for before.
    for (let left = days; left > 0; left -= 8) {
      if (post.lost > 0) await fetchLost(hero, post);
      await stage.advance(Math.min(left, 8));
      post.waiting.push(...(await stage.newEvents()));
    }
    return;
  }
  try {
    await steps[name]?.(hero);
    log.push(name);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    log.push(`(${name})`);
  }
  post.waiting.push(...(await stage.newEvents()));
}

/** What a verb or Stripe may say no to; everything else is a fault. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof NotNow || error instanceof DomainError) return true;
  if (error instanceof Stripe.errors.StripeError) return (error.statusCode ?? 500) < 500;
  return error instanceof Error && error.message.includes('local Stripe answered 4');
}

/** A random share of what waits, in random order, some twice, some never; one after the other or all at once. */
async function deliverSome({ stage, dice }: Hero, post: Post, share: number): Promise<void> {
  const now: Stripe.Event[] = [];
  const later: Stripe.Event[] = [];
  const young = toUnix(await stage.now()) - 15 * 86_400;
  for (const event of dice.shuffle(post.waiting)) {
    // An older one could not be asked for any more.
    if (dice.chance(0.05) && event.created > young) post.lost++;
    else if (dice.chance(share)) now.push(event, ...(dice.chance(0.15) ? [event] : []));
    else later.push(event);
  }
  post.waiting = later;
  if (dice.chance(0.3)) await Promise.all(now.map((event) => stage.deliver(event)));
  else for (const event of dice.shuffle(now)) await stage.deliver(event);
}

async function fetchLost({ stage }: Hero, post: Post): Promise<void> {
  await takeMissedEvents(stage.db, stage.stripe, { now: await stage.now(), livemode: false });
  post.lost = 0;
}

async function settleAll(hero: Hero, post: Post): Promise<void> {
  const { stage, shop } = hero;
  const { merchantId } = shop.account;
  for (let round = 0; round < 6; round++) {
    await deliverSome(hero, post, 1);
    if (post.lost > 0) await fetchLost(hero, post);
    const deps = { stripe: stage.stripe, livemode: false, now: await stage.now() };
    await retryDueEvents(stage.db, deps, addDays(new Date(), 1));
    await runQueue(hero);
    post.waiting.push(...(await stage.newEvents()));
    if (post.waiting.length === 0) break;
  }
  await reconcileStripe(stage.db, stage.stripe, {
    now: await stage.now(),
    actor: JOB,
    livemode: false,
    merchantId,
  });
}

/** The queued work of a merchant, as the worker would do it. */
export async function runQueue({ stage, shop }: Hero): Promise<void> {
  const jobs = await stage.db.execute(sql`
    delete from graphile_worker._private_jobs where payload->>'merchantId' = ${shop.account.merchantId} returning id`);
  if (jobs.length === 0) return;
  await endAddOns(stage.db, stage.stripe, shop.account, { actor: JOB, now: await stage.now() });
}

/** The merchant ends everything, so that later stories do not live through its months. */
async function leave({ stage, customer }: Hero): Promise<void> {
  for (const one of (await stage.stripe.subscriptions.list({ customer, limit: 100 })).data) {
    if (one.status !== 'incomplete_expired') await stage.stripe.subscriptions.cancel(one.id);
  }
  await stage.newEvents();
}
