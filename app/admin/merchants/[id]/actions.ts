'use server';

import type { Route } from 'next';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { getFormat } from '@/components/ui/format';
import { adjustCredits } from '@/lib/billing/account/credits';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { dayText, limitText, overrideInput } from '@/lib/billing/entitlements/override-input';
import { editOverrides } from '@/lib/billing/entitlements/overrides';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { setAddOnCancellation } from '@/lib/billing/subscriptions/add-on-cancellation';
import { setSubscription } from '@/lib/billing/subscriptions/by-hand';
import { cancelSubscription, reactivateSubscription } from '@/lib/billing/subscriptions/cancellation';
import { changeTier, undoPendingChange } from '@/lib/billing/subscriptions/change';
import { isLiveMode } from '@/lib/env';
import { invalid, ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { findStripe, requireStripe } from '@/lib/stripe/client';
import { closeMerchant } from '@/lib/tenancy/close-merchant';
import { staffAction } from '../../context';
import { readPrice } from './agreed-price';

const reason = z.string().trim().min(1).max(500);
const accountFields = z.object({ merchantId: z.string(), platformId: z.string() });
const words = () => getTranslations('merchant.page');

const change = accountFields.extend({
  tier: z.string(),
  interval: z.enum(['month', 'year']),
  price: z.string().optional(),
  /** Asked where the plan is given for nothing. */
  reason: reason.optional(),
  prorationDate: z.coerce.number().int().optional(),
  back: z.string().regex(/^\/admin\/merchants\/[\w-]+(\?[\w=&-]*)?$/),
});

/** Changes the plan as it was previewed: through Stripe where Stripe has it, else here and free. */
export const changePlan = staffAction(
  change,
  async ({ tier, interval, price, reason: why, prorationDate, back, ...account }, { db, actor, now }) => {
    const current = await findCurrentSubscription(db, account);
    if (current && livesAtStripe(current)) {
      await changeTier(db, requireStripe(), {
        account,
        tierCode: tier,
        interval,
        prorationDate,
        byAdmin: { unitAmount: price ? readPrice(price, current.currency) : undefined },
        actor,
        now,
      });
    } else {
      if (!why) throw invalid('reason', 'required', 'is needed: the plan is given for nothing');
      const input = { tierCode: tier, isAnnual: interval === 'year', reason: why };
      await setSubscription(db, requireStripe, account, input, { actor, now });
    }
    redirect(back as Route);
  },
  { nameOf: (path) => (path === 'unitAmount' ? 'price' : path) },
);

/** Drops a change that waits for the period's end. */
export const undo = staffAction(accountFields, async (account, { db, actor, now }) => {
  await undoPendingChange(db, requireStripe(), { account, actor, now });
  return (await words())('done.undone');
});

/** Cancels at the period's end or now, with a reason. */
export const cancel = staffAction(
  accountFields.extend({ reason, when: z.enum(['period_end', 'now']) }),
  async ({ reason: why, when, ...account }, { db, actor, now }) => {
    if (livesAtStripe(await findCurrentSubscription(db, account))) {
      const options = { account, actor, now, reason: why, immediately: when === 'now' };
      await cancelSubscription(db, requireStripe(), options);
    } else {
      await setSubscription(db, requireStripe, account, { status: 'canceled', reason: why }, { actor, now });
    }
    return (await words())('done.cancelled');
  },
);

/** Takes a cancellation back. */
export const reactivate = staffAction(accountFields, async (account, { db, actor, now }) => {
  await reactivateSubscription(db, requireStripe(), { account, actor, now });
  return (await words())('done.reactivated');
});

/** Lets a trial that Stripe knows nothing of run until another day. */
export const extendTrial = staffAction(
  accountFields.extend({ trialEnd: z.iso.date(), reason }),
  async ({ trialEnd, reason: why, ...account }, { db, actor, now }) => {
    await setSubscription(
      db,
      requireStripe,
      account,
      { status: 'trialing', trialEnd: `${trialEnd}T00:00:00Z`, reason: why },
      { actor, now },
    );
    return (await words())('done.extended', { date: (await getFormat()).date(trialEnd) });
  },
);

/** Gives a plan for nothing, with a reason. */
export const comp = staffAction(
  accountFields.extend({ tier: z.string(), until: z.iso.date().optional(), reason }),
  async ({ tier, until, reason: why, ...account }, { db, actor, now }) => {
    const after = await setSubscription(
      db,
      requireStripe,
      account,
      {
        tierCode: tier,
        status: 'active',
        cancelAt: until ? `${until}T00:00:00Z` : null,
        reason: why,
      },
      { actor, now },
    ).catch((error: unknown) => {
      if (!(error instanceof ValidationFailed)) throw error;
      const named = error.fields.map((one) => (one.path === 'cancelAt' ? { ...one, path: 'until' } : one));
      throw new ValidationFailed(named);
    });
    return (await words())('done.comped', { tier: after.tier.name });
  },
);

const setAddOn = (cancel: boolean) =>
  staffAction(accountFields.extend({ id: z.string() }), async ({ id, ...account }, { db, actor, now }) => {
    const after = await setAddOnCancellation(db, requireStripe(), { account, id, cancel, actor, now });
    const [t, format] = await Promise.all([getTranslations('merchant.addOns.done'), getFormat()]);
    if (after.endedAt) return t('removed', { name: after.name });
    const end = after.cancelAt ?? after.currentPeriodEnd;
    const date = end ? format.date(end) : 'none';
    return cancel ? t('cancelled', { name: after.name, date }) : t('kept', { name: after.name });
  });

/** Ends an add-on after what is paid, or at once where it is billed with the plan. */
export const cancelAddOn = setAddOn(true);

/** Keeps an add-on that was to end. */
export const keepAddOn = setAddOn(false);

/** Closes the merchant for good. */
export const close = staffAction(
  z.object({ merchantId: z.string(), reason }),
  async ({ merchantId, reason: why }, { db, actor, now }) => {
    await closeMerchant(db, findStripe(), { merchantId, reason: why, actor, now });
    return (await words())('done.closed');
  },
);

/** Compares this merchant with Stripe and mends what only lags. */
export const reconcile = staffAction(
  z.object({ merchantId: z.string() }),
  async ({ merchantId }, { db, actor, now }) => {
    const report = await reconcileStripe(db, requireStripe(), {
      merchantId,
      actor,
      now,
      livemode: isLiveMode(),
    });
    return (await words())('done.reconciled', { repaired: report.repaired, open: report.ambiguous });
  },
);

const credits = accountFields.extend({
  amount: z.coerce.number().int().min(1).max(10_000_000),
  way: z.enum(['give', 'take']),
  reason,
  key: z.uuid(),
});

/** Gives or takes credits, with a reason; the form's key makes a second click harmless. */
export const adjust = staffAction(
  credits,
  async ({ amount, way, reason: why, key, ...account }, { db, actor, now }) => {
    const signed = way === 'give' ? amount : -amount;
    const balance = await adjustCredits(db, account, { amount: signed, reason: why, key, actor, now });
    return (await words())('done.credits', { count: balance.monthly + balance.purchased });
  },
);

/** The exception that stood when the form was drawn; '' for none. */
const seen = z.string().default('');

const exception = accountFields.extend({
  feature: z.string(),
  seen,
  limit: limitText.optional(),
  unlimited: z.literal('on').optional(),
  enabled: z.enum(['on', 'off']).optional(),
  reason,
  startsAt: dayText.optional(),
  expiresAt: dayText.optional(),
});

/** Makes an exception for this merchant, until it ends or is ended. */
export const saveOverride = staffAction(
  exception,
  async ({ feature, limit, unlimited, enabled, ...rest }, { db, actor, now }) => {
    const { merchantId, platformId, seen, ...when } = rest;
    const row = overrideInput.parse({
      ...when,
      featureCode: feature,
      ...(unlimited ? { limitValue: null } : limit === undefined ? {} : { limitValue: Number(limit) }),
      ...(enabled ? { enabled: enabled === 'on' } : {}),
    });
    const edit = { save: [row], end: [], seen: { [feature]: seen } };
    await editOverrides(db, { merchantId, platformId }, edit, features, { actor, now }).catch(aboutThisForm);
    return (await words())('done.override');
  },
);

/** The domain names rows of a list; this form is one row. */
function aboutThisForm(error: unknown): never {
  if (!(error instanceof ValidationFailed)) throw error;
  const names: Record<string, string> = { limitValue: 'limit' };
  throw new ValidationFailed(
    error.fields.map((problem) => {
      const path = problem.path.replace(/^\[\d+\]\./, '');
      return { ...problem, path: names[path] ?? path };
    }),
  );
}

/** Ends an exception: the plan's own limit holds again at once. */
export const endException = staffAction(
  accountFields.extend({ feature: z.string(), seen, reason }),
  async ({ feature, reason: why, seen: id, ...account }, { db, actor, now }) => {
    const edit = { save: [], end: [{ featureCode: feature, reason: why }], seen: { [feature]: id } };
    await editOverrides(db, account, edit, features, { actor, now });
    return (await words())('done.ended');
  },
);
