'use server';

import type { Route } from 'next';
import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { getFormat } from '@/components/ui/format';
import { adjustCredits } from '@/lib/billing/account/credits';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { dayText, editOverrides, limitText, overrideInput } from '@/lib/billing/entitlements/overrides';
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
import { attempt } from '../../../form-answer';
import { adminContext } from '../../context';
import { readPrice } from './agreed-price';

const reason = z.string().trim().min(1).max(500);
const place = z.object({ merchantId: z.string(), platformId: z.string() });
const words = () => getTranslations('merchant.page');

const change = place.extend({
  tier: z.string(),
  interval: z.enum(['month', 'year']),
  price: z.string().optional(),
  /** Asked where the plan is given for nothing. */
  reason: reason.optional(),
  prorationDate: z.coerce.number().int().optional(),
  back: z.string().regex(/^\/admin\/merchants\/[\w-]+(\?[\w=&-]*)?$/),
});

/** Changes the plan as it was previewed: through Stripe where Stripe has it, else here and free. */
export async function changePlan(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    change,
    async ({ tier, interval, price, reason: why, prorationDate, back, ...account }) => {
      const { db, actor, now } = await adminContext();
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
}

/** Drops a change that waits for the period's end. */
export async function undo(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place, async (account) => {
    const { db, actor, now } = await adminContext();
    await undoPendingChange(db, requireStripe(), { account, actor, now });
    refresh();
    return (await words())('done.undone');
  });
}

/** Cancels at the period's end or now, with a reason. */
export async function cancel(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ reason, when: z.enum(['period_end', 'now']) });
  return attempt(form, input, async ({ reason: why, when, ...account }) => {
    const { db, actor, now } = await adminContext();
    if (livesAtStripe(await findCurrentSubscription(db, account))) {
      const options = { account, actor, now, reason: why, immediately: when === 'now' };
      await cancelSubscription(db, requireStripe(), options);
    } else {
      await setSubscription(db, requireStripe, account, { status: 'canceled', reason: why }, { actor, now });
    }
    refresh();
    return (await words())('done.cancelled');
  });
}

/** Takes a cancellation back. */
export async function reactivate(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place, async (account) => {
    const { db, actor, now } = await adminContext();
    await reactivateSubscription(db, requireStripe(), { account, actor, now });
    refresh();
    return (await words())('done.reactivated');
  });
}

/** Lets a trial that Stripe knows nothing of run until another day. */
export async function extendTrial(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ trialEnd: z.iso.date(), reason });
  return attempt(form, input, async ({ trialEnd, reason: why, ...account }) => {
    const { db, actor, now } = await adminContext();
    await setSubscription(
      db,
      requireStripe,
      account,
      { status: 'trialing', trialEnd: `${trialEnd}T00:00:00Z`, reason: why },
      { actor, now },
    );
    refresh();
    return (await words())('done.extended', { date: (await getFormat()).date(trialEnd) });
  });
}

/** Gives a plan for nothing, with a reason. */
export async function comp(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ tier: z.string(), until: z.iso.date().optional(), reason });
  return attempt(form, input, async ({ tier, until, reason: why, ...account }) => {
    const { db, actor, now } = await adminContext();
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
    refresh();
    return (await words())('done.comped', { tier: after.tier.name });
  });
}

/** Ends an add-on after what is paid, or at once where it is billed with the plan. */
export async function cancelAddOn(_state: FormState, form: FormData): Promise<FormState> {
  return setAddOn(form, true);
}

/** Keeps an add-on that was to end. */
export async function keepAddOn(_state: FormState, form: FormData): Promise<FormState> {
  return setAddOn(form, false);
}

function setAddOn(form: FormData, cancel: boolean): Promise<FormState> {
  return attempt(form, place.extend({ id: z.string() }), async ({ id, ...account }) => {
    const { db, actor, now } = await adminContext();
    const after = await setAddOnCancellation(db, requireStripe(), { account, id, cancel, actor, now });
    refresh();
    const [t, format] = await Promise.all([getTranslations('merchant.addOns.done'), getFormat()]);
    if (after.endedAt) return t('removed', { name: after.name });
    const end = after.cancelAt ?? after.currentPeriodEnd;
    const date = end ? format.date(end) : 'none';
    return cancel ? t('cancelled', { name: after.name, date }) : t('kept', { name: after.name });
  });
}

/** Closes the merchant for good. */
export async function close(_state: FormState, form: FormData): Promise<FormState> {
  const input = z.object({ merchantId: z.string(), reason });
  return attempt(form, input, async ({ merchantId, reason: why }) => {
    const { db, actor, now } = await adminContext();
    await closeMerchant(db, findStripe(), { merchantId, reason: why, actor, now });
    refresh();
    return (await words())('done.closed');
  });
}

/** Compares this merchant with Stripe and mends what only lags. */
export async function reconcile(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({ merchantId: z.string() }), async ({ merchantId }) => {
    const { db, actor, now } = await adminContext();
    const report = await reconcileStripe(db, requireStripe(), {
      merchantId,
      actor,
      now,
      livemode: isLiveMode(),
    });
    refresh();
    return (await words())('done.reconciled', { repaired: report.repaired, open: report.ambiguous });
  });
}

const credits = place.extend({
  amount: z.coerce.number().int().min(1).max(10_000_000),
  way: z.enum(['give', 'take']),
  reason,
  key: z.uuid(),
});

/** Gives or takes credits, with a reason; the form's key makes a second click harmless. */
export async function adjust(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, credits, async ({ amount, way, reason: why, key, ...account }) => {
    const { db, actor, now } = await adminContext();
    const signed = way === 'give' ? amount : -amount;
    const balance = await adjustCredits(db, account, { amount: signed, reason: why, key, actor, now });
    refresh();
    return (await words())('done.credits', { count: balance.monthly + balance.purchased });
  });
}

/** The exception that stood when the form was drawn; '' for none. */
const seen = z.string().default('');

const exception = place.extend({
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
export async function saveOverride(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, exception, async ({ feature, limit, unlimited, enabled, ...rest }) => {
    const { db, actor, now } = await adminContext();
    const { merchantId, platformId, seen, ...when } = rest;
    const row = overrideInput.parse({
      ...when,
      featureCode: feature,
      ...(unlimited ? { limitValue: null } : limit === undefined ? {} : { limitValue: Number(limit) }),
      ...(enabled ? { enabled: enabled === 'on' } : {}),
    });
    const edit = { save: [row], end: [], seen: { [feature]: seen } };
    await editOverrides(db, { merchantId, platformId }, edit, features, { actor, now }).catch(aboutThisForm);
    refresh();
    return (await words())('done.override');
  });
}

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
export async function endException(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ feature: z.string(), seen, reason });
  return attempt(form, input, async ({ feature, reason: why, seen: id, ...account }) => {
    const { db, actor, now } = await adminContext();
    const edit = { save: [], end: [{ featureCode: feature, reason: why }], seen: { [feature]: id } };
    await editOverrides(db, account, edit, features, { actor, now });
    refresh();
    return (await words())('done.ended');
  });
}
