import { redirect } from 'next/navigation';
import { buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { TextField } from '@/components/ui/field';
import { PageHeader } from '@/components/ui/page-header';
import { database } from '@/lib/database';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStaff } from '@/lib/session';
import { findStore } from '@/lib/tenancy/merchants';

/** The platform's home: for now the way to a store, as support needs it with a customer on the phone. */
export default async function AdminPage({ searchParams }: PageProps<'/admin'>) {
  const [viewer, query, t] = await Promise.all([requireStaff(), searchParams, getTranslations('admin.home')]);
  const code = typeof query.store === 'string' ? query.store.trim().toUpperCase() : '';
  const store = code ? await findStore(database(), code) : null;
  if (store) redirect(`/store/${store.code}/billing`);
  return (
    <>
      <PageHeader title={t('title')} description={t('welcome', { name: viewer.name })} />
      <div className="max-w-xl">
        <Card id="find" title={t('find')} description={t('findText')}>
          <form className="flex flex-wrap items-end gap-3">
            <TextField
              name="store"
              label={t('code')}
              defaultValue={code}
              className="min-w-40 flex-1"
              required
            />
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
      </div>
    </>
  );
}
