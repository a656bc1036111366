'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { createTier, deleteTier, updateTier } from '@/lib/billing/tier-edit';
import { newTierInput, tierPatch } from '@/lib/billing/tier-input';
import { saveTierLimits, type TierLimitInput, tierLimitInput } from '@/lib/billing/tier-limits';
import { saveAsSuccessor, successorInput } from '@/lib/billing/tier-successor';
import { previewTierLimits } from '@/lib/billing/what-if';
import { ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { applyPush } from '@/lib/stripe/push';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';

const place = z.object({ platform: z.string(), code: z.string() });
/** Euros as typed (12.50) in cents; an empty field takes the price away. */
const cents = z
  .string()
  .trim()
  .regex(/^(\d{1,6}([.,]\d{1,2})?)?$/, 'an amount like 99 or 99.50')
  .transform((text) => (text === '' ? null : Math.round(Number(text.replace(',', '.')) * 100)));
const number = z
  .string()
  .trim()
  .regex(/^\d*$/, 'a whole number')
  .transform((text) => (text === '' ? null : Number(text)));
const checked = z
  .literal('on')
  .optional()
  .transform((value) => value === 'on');

const tierForm = place.extend({
  name: z.string(),
  description: z.string(),
  price_monthly_cents: cents,
  price_annual_cents: cents,
  trial_days: number,
  display_order: number,
  stripe_product_id: z
    .string()
    .trim()
    .transform((value) => value || null),
  is_active: checked,
  is_public: checked,
  is_self_service: checked,
  revision: z.coerce.number().int().optional(),
});

/** Makes a plan. */
export async function create(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    tierForm,
    async ({ platform, revision: _revision, display_order, ...rest }) => {
      const { db, actor, now } = await adminContext();
      const input = parse(newTierInput, { ...rest, display_order: display_order ?? 0 });
      const tier = await createTier(db, platform, input, { actor, now });
      refresh();
      return (await getTranslations('plans'))('created', { name: tier.name });
    },
    { keepEmpty: true },
  );
}

/** Changes a plan; somebody else's newer edit is never overwritten. */
export async function edit(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    tierForm,
    async ({ platform, code, display_order, ...rest }) => {
      const { db, actor, now } = await adminContext();
      const patch = parse(tierPatch, { ...rest, display_order: display_order ?? 0 });
      const tier = await updateTier(db, platform, code, patch, { actor, now });
      refresh();
      return (await getTranslations('plans'))('saved', { name: tier.name });
    },
    { keepEmpty: true },
  );
}

/** Switches a plan on or off. */
export async function setActive(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    place.extend({ active: z.enum(['true', 'false']) }),
    async ({ platform, code, active }) => {
      const { db, actor, now } = await adminContext();
      const tier = await updateTier(db, platform, code, { is_active: active === 'true' }, { actor, now });
      refresh();
      return (await getTranslations('plans'))('saved', { name: tier.name });
    },
  );
}

/** Deletes a plan that nobody ever had. */
export async function remove(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place, async ({ platform, code }) => {
    const { db, actor, now } = await adminContext();
    const tier = await deleteTier(db, platform, code, { actor, now });
    refresh();
    return (await getTranslations('plans'))('deleted', { name: tier.name });
  });
}

/** For new subscribers only: a copy becomes the public plan. */
export async function succeed(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ successor_code: z.string(), successor_name: z.string().optional() });
  return attempt(form, input, async ({ platform, code, successor_code, successor_name }) => {
    const { db, actor, now } = await adminContext();
    const made = await saveAsSuccessor(
      db,
      platform,
      code,
      parse(successorInput, { code: successor_code, name: successor_name }),
      { actor, now },
    );
    refresh();
    return (await getTranslations('plans'))('successorDone', { name: made.name });
  });
}

const limitsForm = place.extend({
  do: z.enum(['check', 'save']).default('save'),
  anyway: checked,
  revision: z.coerce.number().int(),
});

/**
 * Checks or saves what a plan grants. Saving shows first who would be over, by name, and wants a word that this is meant.
 */
export async function saveLimits(_state: FormState, form: FormData): Promise<FormState> {
  let told: FormState | undefined;
  const answer = await attempt(form, limitsForm, async (input) => {
    const { db, actor, now } = await adminContext();
    const t = await getTranslations('plans');
    const rows = readLimits(form);
    const tier = { platformId: input.platform, code: input.code };
    const preview = await previewTierLimits(db, tier, rows, features, now);
    if (input.do === 'check' || (preview.overCount > 0 && !input.anyway)) {
      told = {
        status: 'error',
        message: t('affected', { affected: preview.affected, over: preview.overCount }),
        report: preview.over.flatMap((one) =>
          one.overLimit.map((over) =>
            t('overLine', {
              merchant: one.merchantName,
              feature:
                features.find((feature) => feature.code === over.feature_code)?.name ?? over.feature_code,
              current: over.current,
              limit: over.new_limit,
            }),
          ),
        ),
      };
      return undefined;
    }
    const saved = await saveTierLimits(db, tier, rows, features, { actor, now, revision: input.revision });
    refresh();
    return t('savedLimits', { name: saved.name });
  });
  return told
    ? { ...told, values: Object.fromEntries([...form].map(([name, value]) => [name, String(value)])) }
    : answer;
}

/** The form's rows: `on_CODE` is the switch, `limit_CODE` the number, empty for unlimited. */
function readLimits(form: FormData): TierLimitInput[] {
  return features.map((feature) => {
    const typed = String(form.get(`limit_${feature.code}`) ?? '').trim();
    return parse(tierLimitInput, {
      feature_code: feature.code,
      enabled: form.get(`on_${feature.code}`) === 'on',
      ...(feature.kind === 'flag' ? {} : { limit_value: typed === '' ? null : Number(typed) }),
    });
  });
}

/** Pushes the whole catalogue to Stripe, as the plan on the page said. */
export async function push(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({}), async () => {
    const { db, actor, now } = await adminContext();
    const steps = await applyPush(db, requireStripe(), actor, now);
    refresh();
    return (await getTranslations('plans'))('pushed', { count: steps.length });
  });
}

/** A domain schema over what the form's own schema let through; its complaints become the form's. */
function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw toRefusal(result.error);
}

const toRefusal = (error: z.ZodError) =>
  new ValidationFailed(
    error.issues.map((issue) => ({ path: issue.path.join('.'), rule: issue.code, message: issue.message })),
  );
