import Link from 'next/link';
import { Badge } from '@/components/ui/badge';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button';
import { Figures } from '@/components/ui/figures';
import { getFormat } from '@/components/ui/format';
import { ListPage } from '@/components/ui/list-page';
import { Money } from '@/components/ui/money';
import { withQuery } from '@/components/ui/pager';
import type { Column } from '@/components/ui/table';
import { listCatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { listUsedTiers } from '@/lib/billing/plans/in-use';
import { roleOf } from '@/lib/billing/plans/tier-edit';
import { countSubscribers, listTiers, type Tier, waitsForPush } from '@/lib/billing/plans/tiers';
import { getStats } from '@/lib/billing/reports/stats';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { one, staffContext } from '../context';
import { choosePlatform } from '../platform';
import { PlatformTabs } from '../platform-tabs';
import { DriftBadge, PUSH, PushLink } from '../push-link';
import { LimitsForm } from './limits-form';
import { TierActions } from './tier-actions';
import { TierForm } from './tier-form';

export const generateMetadata = pageTitle('plans', 'title');

const PATH = '/admin/subscription-tiers';

export default async function TiersPage({ searchParams }: PageProps<'/admin/subscription-tiers'>) {
  const [{ db, locked, now }, query, t] = await Promise.all([
    staffContext(),
    searchParams,
    getTranslations('plans'),
  ]);
  const { chosen, all } = await choosePlatform(one(query.platform));
  const [tiers, used, stats, drift, format] = await Promise.all([
    listTiers(db, chosen.id),
    listUsedTiers(db, chosen.id),
    getStats(db, now, chosen.id),
    listCatalogDrift(db),
    getFormat(),
  ]);
  const waiting = tiers.filter((tier) => tier.isPublic && waitsForPush(tier));
  const subscribers = await countSubscribers(
    db,
    tiers.map((tier) => tier.id),
  );
  const currency = chosen.defaultCurrency;
  const opened = one(query.edit);
  const subscribersOf = (tier: Tier) => subscribers.get(tier.id) ?? 0;
  const listOf = (tier: Tier) =>
    withQuery('/admin/subscriptions', { tier: tier.code, platform: chosen.code, state: 'running' });
  const columns: Column<Tier>[] = [
    {
      key: 'name',
      header: t('name'),
      cell: (tier) => {
        const successor = tiers.find((other) => other.id === tier.successorId);
        const role = roleOf(tier.code, chosen);
        return (
          <span className="block min-w-0">
            <span className="font-medium">{tier.name}</span>
            <span className="block font-mono text-xs text-muted">{tier.code}</span>
            {role ? <span className="block text-sm text-muted">{t(`roles.${role}`)}</span> : null}
            {successor ? (
              <span className="block text-sm text-muted">
                {t('succeededBy', { name: successor.name })}{' '}
                <Link href={listOf(tier)} prefetch={false} className="link">
                  {t('grandfathered', { count: subscribersOf(tier) })}
                </Link>
              </span>
            ) : null}
          </span>
        );
      },
    },
    {
      key: 'prices',
      header: t('prices'),
      cell: (tier) =>
        tier.prices.length === 0 ? (
          <span className="text-muted">{t('custom')}</span>
        ) : (
          <span className="flex flex-col">
            {tier.prices.map((price) => (
              <span key={price.id}>
                <span className="whitespace-nowrap">
                  <Money amount={price.unitAmount} currency={price.currency} />{' '}
                  <span className="text-sm text-muted">{t(`extras.intervals.${price.interval}`)}</span>
                </span>{' '}
                {price.stripePriceId || !tier.isSelfService || !tier.stripeProductId ? null : (
                  <Badge tone="warn">{t('notPushed')}</Badge>
                )}
              </span>
            ))}
          </span>
        ),
    },
    {
      key: 'features',
      header: t('features'),
      align: 'right',
      cell: (tier) => tier.limits.filter((row) => row.enabled).length,
    },
    {
      key: 'subscribers',
      header: t('subscribers'),
      align: 'right',
      cell: (tier) => (
        <Link href={listOf(tier)} prefetch={false} className="link">
          {subscribersOf(tier)}
          <span className="sr-only"> {t('subscribersOf', { name: tier.name })}</span>
        </Link>
      ),
    },
    { key: 'order', header: t('order'), align: 'right', cell: (tier) => tier.displayOrder },
    {
      key: 'state',
      header: t('state'),
      cell: (tier) => (
        <span className="flex flex-wrap gap-1">
          <Badge tone={tier.isActive ? 'ok' : 'neutral'}>{t(tier.isActive ? 'isActive' : 'inactive')}</Badge>
          <Badge tone={tier.isPublic ? 'accent' : 'neutral'}>
            {t(tier.isPublic ? 'isPublic' : 'private')}
          </Badge>
          {tier.isActive && !tier.stripeProductId ? <Badge tone="warn">{t('notPushed')}</Badge> : null}
          <DriftBadge drift={drift} offerId={tier.id} />
        </span>
      ),
    },
    {
      key: 'more',
      header: <span className="sr-only">{t('more')}</span>,
      label: '',
      align: 'right',
      cell: (tier) => (
        <span className="flex max-w-[22rem] flex-wrap justify-end gap-1 sm:ml-auto">
          <LimitsForm tier={tier} disabledReason={locked} />
          <TierForm
            platformId={chosen.id}
            currency={currency}
            tier={tier}
            subscribers={subscribersOf(tier)}
            startsOpen={opened === tier.code}
            disabledReason={locked}
          />
          <TierActions
            tier={tier}
            role={roleOf(tier.code, chosen)}
            subscribers={subscribersOf(tier)}
            isUsed={used.has(tier.id)}
            disabledReason={locked}
          />
        </span>
      ),
    },
  ];
  return (
    <ListPage
      title={t('title')}
      description={t('description')}
      actions={
        <>
          <PushLink drift={drift} />
          <TierForm platformId={chosen.id} currency={currency} disabledReason={locked} />
        </>
      }
      path={PATH}
      columns={columns}
      rows={tiers}
      rowKey={(tier) => tier.id}
    >
      <PlatformTabs path={PATH} all={all} chosen={chosen} />
      {waiting.length > 0 ? (
        <div className="mb-6">
          <Banner
            tone="warn"
            title={t('waiting', { names: format.list(waiting.map((tier) => tier.name)) })}
            action={<ButtonLink href={PUSH}>{t('push')}</ButtonLink>}
          />
        </div>
      ) : null}
      <div className="mb-6">
        <Figures
          figures={[
            { label: t('total'), value: tiers.length },
            { label: t('active'), value: tiers.filter((tier) => tier.isActive).length },
            { label: t('public'), value: tiers.filter((tier) => tier.isActive && tier.isPublic).length },
            {
              label: t('mrr'),
              value: (
                <span className="flex flex-col">
                  {(stats.mrr.length > 0 ? stats.mrr : [{ currency, amount: 0 }]).map((sum) => (
                    <Money key={sum.currency} amount={sum.amount} currency={sum.currency} />
                  ))}
                </span>
              ),
            },
          ]}
        />
      </div>
    </ListPage>
  );
}
