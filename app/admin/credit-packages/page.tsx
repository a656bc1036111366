import type { Metadata } from 'next';
import { getFormat } from '@/components/ui/format';
import { listCatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { listCreditPackages } from '@/lib/billing/plans/extras';
import { listBoughtPackages } from '@/lib/billing/plans/in-use';
import { getTranslations } from '@/lib/i18n/translations';
import { one, staffContext } from '../context';
import { ExtraActions } from '../extras-fields';
import { ExtrasPage } from '../extras-page';
import { choosePlatform } from '../platform';
import { remove, setActive } from './actions';
import { PackageForm } from './package-form';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('plans.extras'))('packages') };
}

export default async function PackagesPage({ searchParams }: PageProps<'/admin/credit-packages'>) {
  const [{ db, locked }, query, t, format] = await Promise.all([
    staffContext(),
    searchParams,
    getTranslations('plans.extras'),
    getFormat(),
  ]);
  const { chosen, all } = await choosePlatform(one(query.platform));
  const [rows, bought, drift] = await Promise.all([
    listCreditPackages(db, chosen.id, { all: true }),
    listBoughtPackages(db, chosen.id),
    listCatalogDrift(db),
  ]);
  const shared = { platformId: chosen.id, currency: chosen.defaultCurrency, disabledReason: locked };
  return (
    <ExtrasPage
      title={t('packages')}
      text={t('packagesText')}
      icon="credits"
      path="/admin/credit-packages"
      platforms={all}
      chosenId={chosen.id}
      rows={rows}
      drift={drift}
      columns={[
        {
          key: 'credits',
          header: t('credits'),
          align: 'right',
          cell: (row) => format.number(row.credits),
        },
      ]}
      create={<PackageForm {...shared} />}
      actions={(row) => (
        <>
          <PackageForm {...shared} pack={row} />
          <ExtraActions
            extra={row}
            setActive={setActive}
            remove={remove}
            isBought={bought.has(row.id)}
            disabledReason={locked}
          />
        </>
      )}
    />
  );
}
