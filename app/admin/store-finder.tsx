import { buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { TextField } from '@/components/ui/field';
import { useTranslations } from '@/lib/i18n/translations';

/** The way to a store, as support needs it with a customer on the phone. */
export function StoreFinder({ code }: { code: string }) {
  const t = useTranslations('admin.home');
  return (
    <Card id="find" title={t('find')} description={t('findText')}>
      <form className="flex flex-wrap items-end gap-3">
        <TextField name="store" label={t('code')} defaultValue={code} className="min-w-40 flex-1" required />
        <button type="submit" className={buttonClass('primary')}>
          {t('open')}
        </button>
      </form>
      {code ? (
        <p role="status" className="mt-3 text-danger-ink">
          {t('unknown', { code })}
        </p>
      ) : null}
    </Card>
  );
}
