'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { deleteAddOn, saveAddOn } from '@/lib/billing/add-on-edit';
import { listAddOnProducts } from '@/lib/billing/addons';
import { AddOnNotFound } from '@/lib/billing/errors';
import { addOnInput } from '@/lib/billing/extras-edit';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';
import { common, parseAs, whole } from '../extras-input';

const addOnForm = z.object({
  ...common,
  description: z.string().trim(),
  category: z.string(),
  interval: z.string(),
  /** By feature code: how much it adds; empty for nothing. */
  adds: z.record(z.string(), z.union([z.literal(''), whole])),
});

/** Makes an add-on or changes one; somebody else's newer edit is never overwritten. */
export async function save(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    addOnForm,
    async ({ platform, id, adds, ...rest }) => {
      const { db, actor, now } = await adminContext();
      const input = parseAs(addOnInput, {
        ...rest,
        features: Object.entries(adds).flatMap(([code, amount]) =>
          amount === '' || amount === 0 ? [] : [{ feature_code: code, amount }],
        ),
      });
      await saveAddOn(db, platform, input, features, { actor, now }, id);
      refresh();
      return (await getTranslations('plans'))(id ? 'saved' : 'created', { name: input.name });
    },
    { keepEmpty: true },
  );
}

const place = z.object({
  platform: z.string(),
  id: z.string(),
  active: z.enum(['true', 'false']).optional(),
});

/** Switches an add-on on or off; who has it keeps it. */
export async function setActive(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place, async ({ platform, id, active }) => {
    const { db, actor, now } = await adminContext();
    const row = (await listAddOnProducts(db, platform, { all: true })).find((one) => one.id === id);
    if (!row) throw new AddOnNotFound(id);
    const input = {
      code: row.code,
      name: row.name,
      description: row.description,
      category: row.category,
      interval: row.interval,
      currency: row.currency,
      unit_amount: row.unitAmount,
      display_order: row.displayOrder,
      revision: row.revision,
      is_active: active === 'true',
      features: row.features.map((one) => ({ feature_code: one.featureCode, amount: one.amount })),
    };
    await saveAddOn(db, platform, input, features, { actor, now }, id);
    refresh();
    return (await getTranslations('plans'))('saved', { name: row.name });
  });
}

/** Deletes an add-on that nobody ever bought. */
export async function remove(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place.extend({ name: z.string() }), async ({ platform, id, name }) => {
    const { db, actor, now } = await adminContext();
    await deleteAddOn(db, platform, id, { actor, now });
    refresh();
    return (await getTranslations('plans'))('deleted', { name });
  });
}
