'use server';

import { createHash } from 'node:crypto';
import type { Route } from 'next';
import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { previewTierLimits } from '@/lib/billing/entitlements/what-if';
import { applyPush } from '@/lib/billing/plans/push';
import { createTier, deleteTier, updateTier } from '@/lib/billing/plans/tier-edit';
import { newTierInput, tierPatch } from '@/lib/billing/plans/tier-input';
import { saveTierLimits } from '@/lib/billing/plans/tier-limits';
import { saveAsSuccessor, successorInput } from '@/lib/billing/plans/tier-successor';
import { platformCode } from '@/lib/billing/plans/tiers';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';
import { revisionOf, typedFields } from '../extras-input';
import { namesOfLimits, readLimits } from './read-limits';
import { readTier } from './read-tier';
import { tellAffected } from './tell-affected';

const place = z.object({ platform: z.string(), code: z.string() });

/** Makes a plan. */
export async function create(_state: FormState, form: FormData): Promise<FormState> {
  const { fields, input, nameOf } = readTier(form);
  return attempt(
    form,
    z.object({ platform: z.string() }),
    async ({ platform }) => {
      const { db, actor, now } = await adminContext();
      const wanted = fields.parse(newTierInput, { ...input, code: fields.text('code') });
      const tier = await createTier(db, platform, wanted, { actor, now });
      refresh();
      return (await getTranslations('plans'))('created', { name: tier.name });
    },
    { nameOf },
  );
}

/** Changes a plan; somebody else's newer edit is never overwritten. */
export async function edit(_state: FormState, form: FormData): Promise<FormState> {
  const { fields, input, nameOf } = readTier(form);
  return attempt(
    form,
    place,
    async ({ platform, code }) => {
      const { db, actor, now } = await adminContext();
      const patch = fields.parse(tierPatch, { ...input, revision: revisionOf(form) });
      const tier = await updateTier(db, platform, code, patch, { actor, now });
      refresh();
      return (await getTranslations('plans'))('saved', { name: tier.name });
    },
    { nameOf },
  );
}

/** Switches a plan on or off; on a page that is older than the plan nothing happens. */
export async function setActive(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ active: z.enum(['true', 'false']) });
  return attempt(form, input, async ({ platform, code, active }) => {
    const { db, actor, now } = await adminContext();
    const patch = { isActive: active === 'true', revision: revisionOf(form) };
    const tier = await updateTier(db, platform, code, patch, { actor, now });
    refresh();
    return (await getTranslations('plans'))('saved', { name: tier.name });
  });
}

/** Deletes a plan that nobody ever had. */
export async function remove(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place, async ({ platform, code }) => {
    const { db, actor, now } = await adminContext();
    const tier = await deleteTier(db, platform, code, { actor, now, revision: revisionOf(form) });
    refresh();
    return (await getTranslations('plans'))('deleted', { name: tier.name });
  });
}

/** For new subscribers only: a copy becomes the public plan, and its form opens. */
export async function succeed(_state: FormState, form: FormData): Promise<FormState> {
  let next = '';
  const answer = await attempt(
    form,
    z.object({ platform: z.string(), old: z.string() }),
    async ({ platform, old }) => {
      const { db, actor, now } = await adminContext();
      const fields = typedFields(form);
      const input = fields.parse(successorInput, {
        code: fields.text('code'),
        name: fields.text('name'),
        revision: revisionOf(form),
      });
      const made = await saveAsSuccessor(db, platform, old, input, { actor, now });
      const at = new URLSearchParams({ platform: await platformCode(db, platform), edit: made.code });
      next = `/admin/subscription-tiers?${at}`;
      return undefined;
    },
  );
  if (next) redirect(next as Route);
  return answer;
}

const limitsForm = place.extend({
  do: z.enum(['check', 'save']).default('save'),
  /** The preview that was read before it was said that this is meant. */
  anyway: z.string().optional(),
});

/**
 * Checks or saves what a plan grants. Saving shows first who would be over, by name, and who loses a feature, and wants a
 * word that just this is meant.
 */
export async function saveLimits(_state: FormState, form: FormData): Promise<FormState> {
  let told: FormState | undefined;
  const answer = await attempt(
    form,
    limitsForm,
    async (input) => {
      const { db, actor, now } = await adminContext();
      const rows = readLimits(form);
      const tier = { platformId: input.platform, code: input.code };
      const preview = await previewTierLimits(db, tier, rows, features, now);
      const hurts = preview.overCount > 0 || preview.lost.length > 0;
      const seen = createHash('sha256').update(JSON.stringify(preview)).digest('hex').slice(0, 16);
      if (input.do === 'check' || (hurts && input.anyway !== seen)) {
        told = { ...(await tellAffected(preview)), values: { seen: hurts ? seen : '' } };
        return undefined;
      }
      const context = { actor, now, revision: revisionOf(form) };
      const saved = await saveTierLimits(db, tier, rows, features, context);
      refresh();
      return (await getTranslations('plans'))('savedLimits', { name: saved.name });
    },
    { nameOf: namesOfLimits },
  );
  return told
    ? {
        ...told,
        values: {
          ...Object.fromEntries([...form].map(([name, value]) => [name, String(value)])),
          ...told.values,
        },
      }
    : answer;
}

/** Pushes the whole catalogue to Stripe, as the plan on the page said and not otherwise. */
export async function push(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({ plan: z.string() }), async ({ plan }) => {
    const { db, actor, now } = await adminContext();
    const steps = await applyPush(db, requireStripe(), actor, now, plan);
    refresh();
    return (await getTranslations('plans'))('pushed', { count: steps.length });
  });
}
