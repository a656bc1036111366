'use server';

import { z } from 'zod';
import { taxRules } from '@/lib/billing/customers/tax';
import { acceptWithoutVat, reissueWithVat, turnTaxOn } from '@/lib/billing/customers/vat-decisions';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { staffAction } from '../context';

const decision = z.object({ id: z.string().min(1), reason: z.string().trim().min(1).max(500) });
const words = () => getTranslations('console.invoices');

/** Lets an invoice stand without VAT, with a reason. */
export const accept = staffAction(decision, async ({ id, reason }, { db, actor, now }) => {
  await acceptWithoutVat(db, { invoiceId: id, reason, actor, now });
  return (await words())('accepted');
});

/** Credits it and makes it again with VAT. */
export const reissue = staffAction(decision, async ({ id, reason }, { db, actor, now }) => {
  await reissueWithVat(db, requireStripe(), { invoiceId: id, reason, actor, now, tax: taxRules() });
  return (await words())('reissued');
});

const untaxed = z.object({ merchantId: z.string().min(1), subscription: z.string().min(1) });

/** Lets Stripe compute a subscription's tax again. */
export const taxOn = staffAction(untaxed, async ({ merchantId, subscription }, { db, actor, now }) => {
  await turnTaxOn(db, requireStripe(), { merchantId, stripeSubscriptionId: subscription, actor, now });
  return (await words())('taxedAgain');
});
