'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { AddOnNotFound } from '@/lib/billing/errors';
import { deleteAddOn, saveAddOn } from '@/lib/billing/plans/add-on-edit';
import { listAddOnProducts } from '@/lib/billing/plans/extras';
import { addOnInput } from '@/lib/billing/plans/extras-edit';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';
import { readExtra, revisionOf } from '../extras-input';

const place = z.object({ platform: z.string(), id: z.string() });

/** Makes an add-on or changes one; somebody else's newer edit is never overwritten. */
export async function save(_state: FormState, form: FormData): Promise<FormState> {
  const { fields, common } = readExtra(form);
  // By feature code: how much it adds; empty or 0 for nothing.
  const adds = features.flatMap((feature) => {
    const amount = fields.whole(`adds_${feature.code}`);
    return amount ? [{ featureCode: feature.code, amount }] : [];
  });
  const nameOf = (path: string) => {
    const row = adds[Number(/^features[[.](\d+)/.exec(path)?.[1])];
    return row ? `adds_${row.featureCode}` : path;
  };
  return attempt(
    form,
    place.partial({ id: true }),
    async ({ platform, id }) => {
      const { db, actor, now } = await adminContext();
      const input = fields.parse(addOnInput, {
        ...common,
        description: fields.text('description'),
        category: fields.text('category'),
        interval: fields.text('interval'),
        features: adds,
      });
      await saveAddOn(db, platform, input, features, { actor, now }, id);
      refresh();
      return (await getTranslations('plans'))(id ? 'saved' : 'created', { name: input.name });
    },
    { nameOf },
  );
}

/** Switches an add-on on or off; who has it keeps it. */
export async function setActive(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ active: z.enum(['true', 'false']) });
  return attempt(form, input, async ({ platform, id, active }) => {
    const { db, actor, now } = await adminContext();
    const row = (await listAddOnProducts(db, platform, { all: true })).find((one) => one.id === id);
    if (!row) throw new AddOnNotFound(id);
    const wanted = {
      code: row.code,
      name: row.name,
      description: row.description,
      category: row.category,
      interval: row.interval,
      currency: row.currency,
      unitAmount: row.unitAmount,
      displayOrder: row.displayOrder,
      revision: revisionOf(form) ?? row.revision,
      isActive: active === 'true',
      features: row.features.map((one) => ({ featureCode: one.featureCode, amount: one.amount })),
    };
    await saveAddOn(db, platform, wanted, features, { actor, now }, id);
    refresh();
    return (await getTranslations('plans'))('saved', { name: row.name });
  });
}

/** Deletes an add-on that nobody ever bought. */
export async function remove(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place.extend({ name: z.string() }), async ({ platform, id, name }) => {
    const { db, actor, now } = await adminContext();
    await deleteAddOn(db, platform, id, { actor, now, revision: revisionOf(form) });
    refresh();
    return (await getTranslations('plans'))('deleted', { name });
  });
}
