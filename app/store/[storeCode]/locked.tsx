import { getLocale } from 'next-intl/server';
import { RefusalPanel } from '@/components/ui/refusal-panel';
import type { DomainError } from '@/lib/errors';
import { errorTexts } from '@/lib/i18n/translate-error';
import { unlockHref } from './context';

/** In place of something the plan does not have: what it is, and what would unlock it. */
export async function Locked({ storeCode, refusal }: { storeCode: string; refusal: DomainError }) {
  const view = errorTexts(await getLocale()).refusal(refusal);
  if (!view) return null;
  const hrefOf = unlockHref(storeCode);
  const options = view.options.map(({ unlock, label }) => ({ label, href: hrefOf(unlock) }));
  return <RefusalPanel refusal={{ title: view.title, text: view.text, options }} live={false} />;
}
