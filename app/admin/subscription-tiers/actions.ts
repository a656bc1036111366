'use server';

import { createHash } from 'node:crypto';
import type { Route } from 'next';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { previewTierLimits } from '@/lib/billing/entitlements/what-if';
import { applyPush } from '@/lib/billing/plans/push';
import { deleteTier } from '@/lib/billing/plans/tier-delete';
import { createTier, updateTier } from '@/lib/billing/plans/tier-edit';
import { newTierInput, tierPatch } from '@/lib/billing/plans/tier-input';
import { saveTierLimits } from '@/lib/billing/plans/tier-limits';
import { saveAsSuccessor, successorInput } from '@/lib/billing/plans/tier-successor';
import { platformCode } from '@/lib/billing/plans/tiers';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { AskFirst } from '../../form-answer';
import { staffAction } from '../context';
import { revisionOf, typedFields } from '../typed-fields';
import { namesOfLimits, readLimits } from './read-limits';
import { readTier } from './read-tier';
import { tellAffected } from './tell-affected';

const tierFields = z.object({ platform: z.string(), code: z.string() });

const nameOf = (path: string, form: FormData) => readTier(form).nameOf(path);

/** Makes a plan. */
export const create = staffAction(
  z.object({ platform: z.string() }),
  async ({ platform }, { db, actor, now, form }) => {
    const { fields, input } = readTier(form);
    const wanted = fields.parse(newTierInput, { ...input, code: fields.text('code') });
    const tier = await createTier(db, platform, wanted, { actor, now });
    return (await getTranslations('plans'))('created', { name: tier.name });
  },
  { nameOf },
);

/** Changes a plan; somebody else's newer edit is never overwritten. */
export const edit = staffAction(
  tierFields,
  async ({ platform, code }, { db, actor, now, form }) => {
    const { fields, input } = readTier(form);
    const patch = fields.parse(tierPatch, { ...input, revision: revisionOf(form) });
    const tier = await updateTier(db, platform, code, patch, { actor, now });
    return (await getTranslations('plans'))('saved', { name: tier.name });
  },
  { nameOf },
);

/** Switches a plan on or off; on a page that is older than the plan nothing happens. */
export const setActive = staffAction(
  tierFields.extend({ active: z.enum(['true', 'false']) }),
  async ({ platform, code, active }, { db, actor, now, form }) => {
    const patch = { isActive: active === 'true', revision: revisionOf(form) };
    const tier = await updateTier(db, platform, code, patch, { actor, now });
    return (await getTranslations('plans'))('saved', { name: tier.name });
  },
);

/** Deletes a plan that nobody ever had. */
export const remove = staffAction(tierFields, async ({ platform, code }, { db, actor, now, form }) => {
  const tier = await deleteTier(db, platform, code, { actor, now, revision: revisionOf(form) });
  return (await getTranslations('plans'))('deleted', { name: tier.name });
});

/** For new subscribers only: a copy becomes the public plan, and its form opens. */
export const succeed = staffAction(
  z.object({ platform: z.string(), old: z.string() }),
  async ({ platform, old }, { db, actor, now, form }) => {
    const fields = typedFields(form);
    const input = fields.parse(successorInput, {
      code: fields.text('code'),
      name: fields.text('name'),
      revision: revisionOf(form),
    });
    const made = await saveAsSuccessor(db, platform, old, input, { actor, now });
    const at = new URLSearchParams({ platform: await platformCode(db, platform), edit: made.code });
    redirect(`/admin/subscription-tiers?${at}` as Route);
  },
);

const limitsForm = tierFields.extend({
  do: z.enum(['check', 'save']).default('save'),
  /** The preview that was read before it was said that this is meant. */
  anyway: z.string().optional(),
});

/**
 * Checks or saves what a plan grants. Saving shows first who would be over, by name, and who loses a feature, and wants a
 * word that just this is meant.
 */
export const saveLimits = staffAction(
  limitsForm,
  async (input, { db, actor, now, form }) => {
    const rows = readLimits(form);
    const tier = { platformId: input.platform, code: input.code };
    const preview = await previewTierLimits(db, tier, rows, features, now);
    const hurts = preview.overCount > 0 || preview.lost.length > 0;
    const seen = createHash('sha256').update(JSON.stringify(preview)).digest('hex').slice(0, 16);
    if (input.do === 'check' || (hurts && input.anyway !== seen))
      throw new AskFirst({ ...(await tellAffected(preview)), values: { seen: hurts ? seen : '' } });
    const context = { actor, now, revision: revisionOf(form) };
    const saved = await saveTierLimits(db, tier, rows, features, context);
    return (await getTranslations('plans'))('savedLimits', { name: saved.name });
  },
  { nameOf: namesOfLimits },
);

/** Pushes the whole catalogue to Stripe, as the plan on the page said and not otherwise. */
export const push = staffAction(z.object({ plan: z.string() }), async ({ plan }, { db, actor, now }) => {
  const steps = await applyPush(db, requireStripe(), actor, now, plan);
  return (await getTranslations('plans'))('pushed', { count: steps.length });
});
