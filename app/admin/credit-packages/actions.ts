'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { PackageNotFound } from '@/lib/billing/errors';
import { deleteCreditPackage, saveCreditPackage } from '@/lib/billing/plans/credit-package-edit';
import { listCreditPackages } from '@/lib/billing/plans/extras';
import { creditPackageInput } from '@/lib/billing/plans/extras-edit';
import { getTranslations } from '@/lib/i18n/translations';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';
import { readExtra, revisionOf } from '../extras-input';

const place = z.object({ platform: z.string(), id: z.string() });

/** Makes a credit package or changes one; somebody else's newer edit is never overwritten. */
export async function save(_state: FormState, form: FormData): Promise<FormState> {
  const { fields, common } = readExtra(form);
  return attempt(form, place.partial({ id: true }), async ({ platform, id }) => {
    const { db, actor, now } = await adminContext();
    const input = fields.parse(creditPackageInput, { ...common, credits: fields.whole('credits') });
    await saveCreditPackage(db, platform, input, { actor, now }, id);
    refresh();
    return (await getTranslations('plans'))(id ? 'saved' : 'created', { name: input.name });
  });
}

/** Takes a package off the shelf or puts it back. */
export async function setActive(_state: FormState, form: FormData): Promise<FormState> {
  const input = place.extend({ active: z.enum(['true', 'false']) });
  return attempt(form, input, async ({ platform, id, active }) => {
    const { db, actor, now } = await adminContext();
    const row = (await listCreditPackages(db, platform, { all: true })).find((one) => one.id === id);
    if (!row) throw new PackageNotFound(id);
    const wanted = {
      code: row.code,
      name: row.name,
      credits: row.credits,
      currency: row.currency,
      unitAmount: row.unitAmount,
      displayOrder: row.displayOrder,
      revision: revisionOf(form) ?? row.revision,
      isActive: active === 'true',
    };
    await saveCreditPackage(db, platform, wanted, { actor, now }, id);
    refresh();
    return (await getTranslations('plans'))('saved', { name: row.name });
  });
}

/** Deletes a package that nobody ever bought. */
export async function remove(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place.extend({ name: z.string() }), async ({ platform, id, name }) => {
    const { db, actor, now } = await adminContext();
    await deleteCreditPackage(db, platform, id, { actor, now, revision: revisionOf(form) });
    refresh();
    return (await getTranslations('plans'))('deleted', { name });
  });
}
