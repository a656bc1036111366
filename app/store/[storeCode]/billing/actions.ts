'use server';

import type { Route } from 'next';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { getFormat } from '@/components/ui/format';
import { changeLocalTier } from '@/lib/billing/account/given-plans';
import { billingDetailsInput, updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { openPortal } from '@/lib/billing/customers/portal';
import { taxRules } from '@/lib/billing/customers/tax';
import { setAddOnCancellation } from '@/lib/billing/subscriptions/add-on-cancellation';
import { startAddOnCheckout } from '@/lib/billing/subscriptions/add-ons';
import { cancelSubscription, reactivateSubscription } from '@/lib/billing/subscriptions/cancellation';
import { changeTier, undoPendingChange } from '@/lib/billing/subscriptions/change';
import { startPlanCheckout } from '@/lib/billing/subscriptions/checkout';
import { startCreditCheckout } from '@/lib/billing/subscriptions/credit-checkout';
import { getTranslations } from '@/lib/i18n/translations';
import { limitPurchase } from '@/lib/rate-limit';
import { findStripe, requireStripe } from '@/lib/stripe/client';
import { storeAction } from '../context';
import { billingUrl, checkoutRequest } from './checkout-request';

const nothing = z.object({});
const plan = z.object({
  tier: z.string().min(1),
  interval: z.enum(['month', 'year']),
  currency: z.string().length(3).default('EUR'),
});

/** Goes to Stripe Checkout for a plan. */
export const subscribe = storeAction(plan, async (input, { db, actor, ...asked }) => {
  await limitPurchase(db, 'checkout', actor.id);
  const session = await startPlanCheckout(db, requireStripe(), {
    ...checkoutRequest({ actor, ...asked }),
    tierCode: input.tier,
    interval: input.interval,
    currency: input.currency,
  });
  redirect(session.checkoutUrl as Route);
});

/** Changes the plan of a local trial: at once and free. */
export const tryPlan = storeAction(plan, async (input, { db, account, actor, now }) => {
  const after = await changeLocalTier(db, account, {
    tierCode: input.tier,
    interval: input.interval,
    actor,
    now,
  });
  return (await getTranslations('billing.tiers'))('tried', { tier: after.tier.name });
});

const change = plan.extend({ prorationDate: z.coerce.number().int().optional() });

/** Changes a paid plan as it was previewed; leads to the payment where the bank asks for one. */
export const changePlan = storeAction(change, async (input, { db, account, store, actor, now }) => {
  const { paymentUrl } = await changeTier(db, requireStripe(), {
    account,
    tierCode: input.tier,
    interval: input.interval,
    prorationDate: input.prorationDate,
    actor,
    now,
  });
  redirect((paymentUrl ?? `/store/${store.code}/billing`) as Route);
});

/** Keeps the plan as it is: drops a change that waits for the period's end. */
export const undoChange = storeAction(nothing, async (_input, { db, account, actor, now }) => {
  await undoPendingChange(db, requireStripe(), { account, actor, now });
  return (await getTranslations('billing.pending'))('undone');
});

const cancellation = z.object({ reason: z.string().max(500).optional() });

/** Cancels at the end of the period. */
export const cancelPlan = storeAction(cancellation, async ({ reason }, { db, account, actor, now }) => {
  const after = await cancelSubscription(db, requireStripe(), { account, actor, now, reason });
  const [t, format] = await Promise.all([getTranslations('billing.plan'), getFormat()]);
  const end = after.cancelAt ?? after.currentPeriodEnd;
  return t('cancelled', { tier: after.tier.name, date: end ? format.date(end) : '' });
});

/** Takes a cancellation back. */
export const reactivatePlan = storeAction(nothing, async (_input, { db, account, actor, now }) => {
  const after = await reactivateSubscription(db, requireStripe(), { account, actor, now });
  return (await getTranslations('billing.plan'))('reactivated', { tier: after.tier.name });
});

/** Goes to Stripe's customer portal: card, invoices, tax ids. */
export const goToPortal = storeAction(nothing, async (_input, { db, account, store, actor, now }) => {
  await limitPurchase(db, 'portal', actor.id);
  const { portalUrl } = await openPortal(db, requireStripe(), {
    merchantId: account.merchantId,
    returnUrl: billingUrl(store.code),
    tax: taxRules(),
    actor,
    now,
  });
  redirect(portalUrl as Route);
});

const addOnChoice = z.object({ addOn: z.string().min(1), domain: z.string().max(300).optional() });

/** Goes to Stripe Checkout for an add-on of this store. */
export const buyAddOn = storeAction(addOnChoice, async (input, { db, actor, ...asked }) => {
  await limitPurchase(db, 'add_on', actor.id);
  const session = await startAddOnCheckout(db, requireStripe(), {
    ...checkoutRequest({ actor, ...asked }),
    addOnCode: input.addOn,
    domain: input.domain,
  });
  redirect(session.checkoutUrl as Route);
});

const ownAddOn = z.object({ id: z.string().min(1) });

const setAddOn = (cancel: boolean) =>
  storeAction(ownAddOn, async ({ id }, { db, account, actor, now }) => {
    const after = await setAddOnCancellation(db, requireStripe(), { account, id, cancel, actor, now });
    const [t, format] = await Promise.all([getTranslations('billing.addOns'), getFormat()]);
    if (after.endedAt) return t('removed', { name: after.name });
    const end = after.cancelAt ?? after.currentPeriodEnd;
    return cancel
      ? t('cancelled', { name: after.name, date: end ? format.date(end) : '' })
      : t('kept', { name: after.name });
  });

/** Ends an add-on after what is paid, or at once where it is billed with the plan. */
export const cancelAddOn = setAddOn(true);

/** Keeps an add-on that was to end. */
export const keepAddOn = setAddOn(false);

const packageChoice = z.object({ package: z.string().min(1) });

/** Goes to Stripe Checkout for a credit package. */
export const buyCredits = storeAction(packageChoice, async (input, { db, actor, ...asked }) => {
  await limitPurchase(db, 'credits', actor.id);
  const session = await startCreditCheckout(db, requireStripe(), {
    ...checkoutRequest({ actor, ...asked }),
    packageCode: input.package,
  });
  redirect(session.checkoutUrl as Route);
});

/** The form names its store beside the details. */
const detailsForm = billingDetailsInput.extend({ store: z.string() });

/** Saves who the invoices are made out to; an empty field takes its value away. */
export const saveDetails = storeAction(
  detailsForm,
  async ({ store: _store, ...details }, { db, account, store, actor, now }) => {
    await updateBillingDetails(db, findStripe(), {
      merchantId: account.merchantId,
      details,
      tax: taxRules(),
      actor,
      now,
    });
    redirect(`/store/${store.code}/billing#details` as Route);
  },
  { keepEmpty: true },
);
