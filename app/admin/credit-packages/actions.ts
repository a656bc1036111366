'use server';

import { eq } from 'drizzle-orm';
import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { creditPackages } from '@/db/schema';
import { deleteCreditPackage, saveCreditPackage } from '@/lib/billing/credit-package-edit';
import { PackageNotFound } from '@/lib/billing/errors';
import { creditPackageInput } from '@/lib/billing/extras-edit';
import { getTranslations } from '@/lib/i18n/translations';
import { attempt } from '../../form-answer';
import { adminContext } from '../context';
import { common, parseAs, whole } from '../extras-input';

const packageForm = z.object({ ...common, credits: whole });

/** Makes a credit package or changes one; somebody else's newer edit is never overwritten. */
export async function save(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    packageForm,
    async ({ platform, id, ...rest }) => {
      const { db, actor, now } = await adminContext();
      const input = parseAs(creditPackageInput, rest);
      await saveCreditPackage(db, platform, input, { actor, now }, id);
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

/** Takes a package off the shelf or puts it back. */
export async function setActive(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place, async ({ platform, id, active }) => {
    const { db, actor, now } = await adminContext();
    const [row] = await db.select().from(creditPackages).where(eq(creditPackages.id, id));
    if (!row) throw new PackageNotFound(id);
    const input = {
      code: row.code,
      name: row.name,
      credits: row.credits,
      currency: row.currency,
      unit_amount: row.unitAmount,
      display_order: row.displayOrder,
      revision: row.revision,
      is_active: active === 'true',
    };
    await saveCreditPackage(db, platform, input, { actor, now }, id);
    refresh();
    return (await getTranslations('plans'))('saved', { name: row.name });
  });
}

/** Deletes a package that nobody ever bought. */
export async function remove(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, place.extend({ name: z.string() }), async ({ platform, id, name }) => {
    const { db, actor, now } = await adminContext();
    await deleteCreditPackage(db, platform, id, { actor, now });
    refresh();
    return (await getTranslations('plans'))('deleted', { name });
  });
}
