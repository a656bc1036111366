'use server';

import { z } from 'zod';
import { createProduct, deleteProduct, importProducts, importProductsInput } from '@/lib/catalog/products';
import { getTranslations } from '@/lib/i18n/translations';
import { answerTo } from '../../../form-answer';
import { storeAction, unlockHref } from '../context';
import { readList } from './list';

const cents = z.coerce
  .number()
  .min(0)
  .max(10_000_000)
  .transform((euros) => Math.round(euros * 100));
const product = z.object({ sku: z.string().trim().max(64), name: z.string().trim().max(200), price: cents });

/** Adds a product. A refusal says what would make room. */
export const addProduct = storeAction(product, async ({ sku, name, price }, { db, place, now }) => {
  await createProduct(db, place, { sku, name, currency: 'EUR', unitAmount: price }, { now });
  return (await getTranslations('store.products'))('added', { name });
});

/** Removes a product and frees its place. */
export const removeProduct = storeAction(z.object({ id: z.string() }), async ({ id }, { db, place, now }) => {
  const gone = await deleteProduct(db, place, id, { now });
  return (await getTranslations('store.products'))('deleted', { name: gone.name });
});

const pasted = z.object({ list: z.string().max(200_000), mode: z.enum(['all', 'fit']) });

/** Adds the products of a pasted list: all or none, or as many as there is room for. Says what was left out and why. */
export const importList = storeAction(pasted, async ({ list, mode }, { db, place, now, store }) => {
  const t = await getTranslations('store.products');
  const input = importProductsInput.parse({ mode, products: readList(list) });
  const { created, left, refusal } = await importProducts(db, place, input, { now });
  const done = t('imported', { created });
  if (left.length === 0) return done;
  const named = left.slice(0, 10).map(({ row, sku, reason }) => t(`left.${reason}`, { row: row + 1, sku }));
  const more = left.length > 10 ? [t('leftMore', { count: left.length - 10 })] : [];
  return {
    ...(refusal ? await answerTo(refusal, unlockHref(store.code)) : { status: 'error' }),
    message: done,
    report: [...named, ...more],
  };
});
