import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { DomainError } from '@/lib/errors';
import { errorTexts } from '@/lib/i18n/translate-error';
import { withPatience } from '@/lib/stripe/client';
import { openRefusingStripe, type Refuses, says } from '@/testing/refusing-stripe';
import { openStage, type Stage } from '@/testing/stage';
import { keptOf, type Subscriber, shopFor, verbsOf } from '@/testing/verbs';

// Every verb that talks to Stripe × everything that Stripe can answer instead, at each of the verb's calls.

/** https://docs.stripe.com/api/errors, https://docs.stripe.com/error-codes, https://docs.stripe.com/error-low-level */
const refusals: Record<string, Refuses> = {
  'something unforeseen': says(400, { code: 'a_code_of_tomorrow', param: 'items[0]' }),
  'a parameter that is not known': says(400, { code: 'parameter_unknown', param: 'colour' }),
  'a parameter without a code': says(400, { param: 'customer' }),
  'an expansion that is too deep': says(400, { code: 'property_expansion_max_depth' }),
  'an object that it does not know': says(404, { code: 'resource_missing', param: 'id' }),
  'a declined card': says(402, { type: 'card_error', code: 'card_declined', decline_code: 'do_not_honor' }),
  'an authentication that is missing': says(402, {
    type: 'card_error',
    code: 'subscription_payment_intent_requires_action',
  }),
  'a place that cannot be taxed': says(400, { code: 'customer_tax_location_invalid', param: 'address' }),
  'Stripe Tax that is not set up': says(400, { code: 'stripe_tax_inactive' }),
  'a key that was revoked': says(401, {}),
  'a key that may not': says(403, {
    message: "does not have the required permissions. Having the 'rak_x' …",
  }),
  'a key that was used for another request': says(400, { type: 'idempotency_error' }),
  'the same call still under way': says(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }),
  'an object that another holds': says(429, { code: 'lock_timeout' }),
  'too many calls': says(429, { code: 'rate_limit' }),
  'a fault of its own': says(500, { type: 'api_error' }),
  'a page that is no JSON': (response) => {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<h1>Bad gateway</h1>');
  },
  'no answer': (response) => {
    response.destroy();
  },
};

let stage: Stage;
let way: Awaited<ReturnType<typeof openRefusingStripe>>;
beforeAll(async () => {
  stage = await openStage();
  way = await openRefusingStripe(stage.url);
});
afterAll(async () => {
  await way.close();
  await stage.close();
});

const texts = errorTexts('en');
const unknown = texts.sentence(new DomainError('invalid', 'no_such_code'));

/** Asks, and answers the refusal; null where the verb came through, since what was refused mattered to nobody. */
async function attempt(ask: () => Promise<unknown>): Promise<DomainError | null> {
  try {
    await withPatience(0, ask);
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error;
  }
}

/** Where a verb was refused after Stripe had done a part: what rang since brings our rows to what Stripe has. */
async function settles(shop: Subscriber): Promise<boolean> {
  const answers = await stage.deliverNew();
  const { merchantId } = shop.account;
  const options = { ...(await stage.by(shop)), livemode: false, merchantId, dryRun: true };
  const { differences } = await reconcileStripe(stage.db, stage.stripe, options);
  return answers.every((one) => one.status !== 'failed') && differences.length === 0;
}

const isSoak = process.env.SOAK === '1';
// The stage stands once the tests run.
const names = Object.keys(verbsOf({} as Stage));

test.each(names)(
  '%s is refused in words, and nothing is half done',
  async (name) => {
    const asked = verbsOf(stage)[name];
    if (!asked) throw new Error(name);
    let shop = await shopFor(stage, asked);
    way.refuseFrom(Number.POSITIVE_INFINITY, () => {});
    await asked.verb(way.stripe, shop);
    const calls = way.calls();
    expect(calls).toBeGreaterThan(0);
    shop = await shopFor(stage, asked);
    for (const [i, [what, how]] of Object.entries(refusals).entries()) {
      // `npm run soak` tries each refusal at each call; here a third of them, each at one, others with the next verb.
      if (!isSoak && (i + names.indexOf(name)) % 3 !== 0) continue;
      const all = Array.from({ length: calls }, (_, call) => call + 1);
      for (const call of isSoak ? all : [(i % calls) + 1]) {
        const at = `${what}, at call ${call} of ${calls}`;
        const kept = await keptOf(stage, shop);
        way.refuseFrom(call, how);
        const refusal = await attempt(() => asked.verb(way.stripe, shop));
        const isWhole = isDeepStrictEqual(await keptOf(stage, shop), kept);
        if (refusal) {
          // A sentence of its own, never the one for what we do not know.
          expect(texts.sentence(refusal), at).not.toBe(unknown);
          expect(isWhole || (await settles(shop)), `${refusal.code}: ${at}`).toBe(true);
        }
        if (!refusal || !isWhole) shop = await shopFor(stage, asked);
      }
    }
  },
  600_000,
);
