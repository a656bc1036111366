import { getLocale } from 'next-intl/server';
import type { FormState } from '@/components/ui/form-state';
import type { LimitsPreview } from '@/lib/billing/entitlements/what-if';
import { errorTexts } from '@/lib/i18n/translate-error';
import { getTranslations } from '@/lib/i18n/translations';

/** Who is affected by a draft of limits, in words: how many, what goes away for them, and who would be over, by name. */
export async function tellAffected(preview: LimitsPreview): Promise<FormState> {
  const [t, locale] = await Promise.all([getTranslations('plans'), getLocale()]);
  const { feature } = errorTexts(locale);
  return {
    status: 'error',
    message: t('affected', { affected: preview.affected, over: preview.overCount }),
    report: [
      ...preview.lost.map((one) =>
        t('lostLine', { feature: feature(one.featureCode), count: one.merchants }),
      ),
      ...preview.over.map((one) => ({
        href: `/admin/merchants/${one.merchantId}`,
        text: t('overLine', {
          merchant: one.merchantName,
          what: one.overLimit
            .map((over) =>
              t('overPart', {
                feature: feature(over.featureCode),
                current: over.current,
                limit: over.newLimit,
              }),
            )
            .join(', '),
        }),
      })),
      ...(preview.overCount > preview.over.length
        ? [t('overMore', { count: preview.overCount - preview.over.length })]
        : []),
    ],
  };
}
