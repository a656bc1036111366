'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import type { FormState } from '@/components/ui/form-state';
import { createProduct, deleteProduct, importProducts, importProductsInput } from '@/lib/catalog/products';
import { getTranslations } from '@/lib/i18n/translations';
import { answerTo, attempt } from '../../../form-answer';
import { storeContext, storeOf, unlockHref } from '../context';
import { readList } from './list';

const cents = z.coerce
  .number()
  .min(0)
  .max(10_000_000)
  .transform((euros) => Math.round(euros * 100));
const product = z.object({ sku: z.string().trim().max(64), name: z.string().trim().max(200), price: cents });

/** Adds a product. A refusal says what would make room. */
export async function addProduct(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(
    form,
    product,
    async ({ sku, name, price }) => {
      const { db, place, now } = await storeContext(storeOf(form), 'write');
      await createProduct(db, place, { sku, name, currency: 'EUR', unitAmount: price }, { now });
      refresh();
      return (await getTranslations('store.products'))('added', { name });
    },
    { unlockHref: unlockHref(storeOf(form)) },
  );
}

/** Removes a product and frees its place. */
export async function removeProduct(_state: FormState, form: FormData): Promise<FormState> {
  return attempt(form, z.object({ id: z.string() }), async ({ id }) => {
    const { db, place, now } = await storeContext(storeOf(form), 'write');
    const gone = await deleteProduct(db, place, id, { now });
    refresh();
    return (await getTranslations('store.products'))('deleted', { name: gone.name });
  });
}

const pasted = z.object({ list: z.string().max(200_000), mode: z.enum(['all', 'fit']) });

/** Adds the products of a pasted list: all or none, or as many as there is room for. Says what was left out and why. */
export async function importList(_state: FormState, form: FormData): Promise<FormState> {
  const t = await getTranslations('store.products');
  let partly: FormState | undefined;
  const answer = await attempt(
    form,
    pasted,
    async ({ list, mode }) => {
      const { db, place, now } = await storeContext(storeOf(form), 'write');
      const input = importProductsInput.parse({ mode, products: readList(list) });
      const { created, left, refusal } = await importProducts(db, place, input, { now });
      refresh();
      const done = t('imported', { created });
      if (left.length === 0) return done;
      const named = left
        .slice(0, 10)
        .map(({ row, sku, reason }) => t(`left.${reason}`, { row: row + 1, sku }));
      const more = left.length > 10 ? [t('leftMore', { count: left.length - 10 })] : [];
      partly = {
        ...(refusal
          ? await answerTo(refusal, { unlockHref: unlockHref(storeOf(form)) })
          : { status: 'error' }),
        message: done,
        report: [...named, ...more],
      };
      return done;
    },
    { unlockHref: unlockHref(storeOf(form)) },
  );
  return partly
    ? { ...partly, values: Object.fromEntries([...form].map(([k, v]) => [k, String(v)])) }
    : answer;
}
