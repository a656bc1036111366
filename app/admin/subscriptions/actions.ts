'use server';

import { z } from 'zod';
import { listOverridesById } from '@/lib/billing/entitlements/override-lists';
import { editOverrides, OverrideConflict } from '@/lib/billing/entitlements/overrides';
import { setSubscription } from '@/lib/billing/subscriptions/by-hand';
import { DomainError, ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { staffAction } from '../context';
import { overrideFields, toEditorProblems, toOverridesEdit } from './override-edit';

const accountFields = z.object({ merchantId: z.string(), platformId: z.string() });
const words = () => getTranslations('console.subscriptions.edit');

const editor = accountFields.extend(overrideFields.shape);

/** Saves the exceptions that were touched, all or none; what somebody else changed meanwhile is not overwritten. */
export const saveExceptions = staffAction(
  editor,
  async ({ merchantId, platformId, ...fields }, { db, actor, now }) => {
    const account = { merchantId, platformId };
    const seenRows = await listOverridesById(db, account, Object.values(fields.seen));
    const edit = toOverridesEdit(fields, features, seenRows);
    await editOverrides(db, account, edit, features, { actor, now }).catch((error: unknown) => {
      if (error instanceof ValidationFailed)
        throw new ValidationFailed(toEditorProblems(error.fields, edit.save));
      if (error instanceof OverrideConflict) {
        const code = String(error.details.featureCode);
        const isFlag = features.some((one) => one.code === code && one.kind === 'flag');
        throw new DomainError(error.kind, error.code, { field: `${isFlag ? 'enabled' : 'limit'}.${code}` });
      }
      throw error;
    });
    const t = await words();
    const [saved, ended] = [edit.save.length, edit.end.length];
    return [
      saved > 0 || ended === 0 ? t('saved', { count: saved }) : '',
      ended > 0 ? t('ended', { count: ended }) : '',
    ]
      .join(' ')
      .trim();
  },
);

const state = accountFields.extend({
  seen: z.string().default(''),
  tier: z.string(),
  interval: z.enum(['month', 'year']),
  status: z.enum(['trialing', 'active', 'expired', 'canceled']),
  /** The end of the trial, or of the plan that is given; `untilSeen` is what the form showed. */
  until: z.iso.date().optional(),
  untilSeen: z.iso.date().optional(),
  reason: z.string().trim().min(1).max(500),
});

/** Sets plan, status and end of a subscription that Stripe knows nothing of. */
export const saveSubscription = staffAction(
  state,
  async ({ merchantId, platformId, ...input }, { db, actor, now }) => {
    const { status, until, reason, seen } = input;
    const end = until === input.untilSeen ? undefined : until ? `${until}T00:00:00Z` : null;
    const after = await setSubscription(
      db,
      requireStripe,
      { merchantId, platformId },
      {
        tierCode: input.tier,
        isAnnual: input.interval === 'year',
        status,
        ...(status === 'trialing' && end ? { trialEnd: end } : {}),
        ...(status === 'active' && end !== undefined ? { cancelAt: end } : {}),
        reason,
      },
      { actor, now, seen },
    ).catch((error: unknown) => {
      if (!(error instanceof ValidationFailed)) throw error;
      const ends = ['trialEnd', 'cancelAt'];
      throw new ValidationFailed(
        error.fields.map((one) => (ends.includes(one.path) ? { ...one, path: 'until' } : one)),
      );
    });
    return (await words())('set', { tier: after.tier.name });
  },
);
