import type { Metadata } from 'next';
import type { Column } from '@/components/ui/table';
import { listCatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { type AddOnProduct, listAddOnProducts } from '@/lib/billing/plans/extras';
import { listBoughtAddOns } from '@/lib/billing/plans/in-use';
import { features } from '@/lib/features';
import { getTranslations } from '@/lib/i18n/translations';
import { one, staffContext } from '../context';
import { ExtraActions } from '../extras-fields';
import { ExtrasPage } from '../extras-page';
import { choosePlatform } from '../platform';
import { remove, setActive } from './actions';
import { AddOnForm } from './add-on-form';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('plans.extras'))('addOns') };
}

export default async function AddOnsPage({ searchParams }: PageProps<'/admin/add-ons'>) {
  const [{ db, locked }, query, t, name] = await Promise.all([
    staffContext(),
    searchParams,
    getTranslations('plans.extras'),
    getTranslations('features'),
  ]);
  const { chosen, all } = await choosePlatform(one(query.platform));
  const [rows, bought, drift] = await Promise.all([
    listAddOnProducts(db, chosen.id, { all: true }),
    listBoughtAddOns(db, chosen.id),
    listCatalogDrift(db),
  ]);
  const nameOf = (code: string) =>
    name.has(code as 'max_products')
      ? name(code as 'max_products')
      : (features.find((feature) => feature.code === code)?.name ?? code);
  const columns: Column<AddOnProduct>[] = [
    { key: 'category', header: t('category'), cell: (row) => t(`categories.${row.category}`) },
    {
      key: 'adds',
      header: t('adds'),
      cell: (row) =>
        row.features.map((adds) => `${nameOf(adds.featureCode)} +${adds.amount}`).join(', ') || '–',
    },
    { key: 'interval', header: t('interval'), cell: (row) => t(`intervals.${row.interval}`) },
  ];
  const shared = { platformId: chosen.id, currency: chosen.defaultCurrency, disabledReason: locked };
  return (
    <ExtrasPage
      title={t('addOns')}
      text={t('addOnsText')}
      icon="add-ons"
      path="/admin/add-ons"
      platforms={all}
      chosenId={chosen.id}
      rows={rows}
      drift={drift}
      columns={columns}
      create={<AddOnForm {...shared} />}
      actions={(row) => (
        <>
          <AddOnForm {...shared} addOn={row} />
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
