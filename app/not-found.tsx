import { ButtonLink } from '@/components/ui/button';
import { getTranslations } from '@/lib/i18n/translations';

/** Also what somebody else's store looks like: nothing tells whether it exists. */
export default async function NotFoundPage() {
  const t = await getTranslations('common.notFound');
  return (
    <main id="content" className="mx-auto flex max-w-lg flex-col items-start gap-3 px-4 py-16">
      <title>{t('title')}</title>
      <h1 className="text-2xl font-semibold">{t('title')}</h1>
      <p className="text-muted">{t('text')}</p>
      <ButtonLink href="/" variant="primary">
        {t('home')}
      </ButtonLink>
    </main>
  );
}
