import { LinkTabs } from '@/components/ui/link-tabs';
import { withQuery } from '@/components/ui/pager';
import { useTranslations } from '@/lib/i18n/translations';

/** The choice of the platform that a page of the catalogue is about; nothing where there is one only. */
export function PlatformTabs({
  path,
  all,
  chosen,
}: {
  path: string;
  all: { id: string; code: string; name: string }[];
  chosen: { id: string };
}) {
  const t = useTranslations('plans');
  if (all.length < 2) return null;
  return (
    <div className="mb-4">
      <LinkTabs
        label={t('platform')}
        tabs={all.map((one) => ({
          href: withQuery(path, { platform: one.code }),
          label: one.name,
          current: one.id === chosen.id,
        }))}
      />
    </div>
  );
}
