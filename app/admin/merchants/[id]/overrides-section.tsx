import type { Route } from 'next';
import Link from 'next/link';
import { useFeatureName } from '@/components/billing/feature-words';
import { Card } from '@/components/ui/card';
import { Disclosure } from '@/components/ui/disclosure';
import { TextArea } from '@/components/ui/field';
import { FormDialog } from '@/components/ui/form-dialog';
import { useFormat } from '@/components/ui/format';
import { type Column, Table } from '@/components/ui/table';
import { isInForce, resolveGrant } from '@/lib/billing/entitlements/grant';
import type { OverrideRow } from '@/lib/billing/entitlements/override-lists';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';
import { endException } from './actions';
import type { MerchantPage } from './load';
import { OverrideForm } from './override-form';

type Row = {
  code: string;
  name: string;
  isFlag: boolean;
  plan: string;
  planOn: boolean;
  now: string;
  own?: OverrideRow;
};

/** What the plan gives, what this merchant has instead and why; one exception per feature. */
export function OverridesSection({ page, locked }: { page: MerchantPage; locked?: string }) {
  const t = useTranslations('merchant.overrides');
  const c = useTranslations('console');
  const nameOf = useFeatureName();
  const words = useOverrideWords(page);
  const { account, overrides, overview, facts, now } = page;
  const held = overview.tiers.find((tier) => tier.id === overview.subscription?.tierId);
  const rows: Row[] = features.map((feature) => {
    const limit = held?.limits.find((one) => one.featureCode === feature.code);
    const { grant } = resolveGrant(facts, feature, now);
    const isFlag = feature.kind === 'flag';
    return {
      code: feature.code,
      name: nameOf(feature.code, feature.name),
      isFlag,
      plan: words.grant(limit?.enabled ?? false, limit?.limitValue ?? null, isFlag),
      planOn: limit?.enabled ?? false,
      now: words.grant(grant.enabled, grant.limit, isFlag),
      own: overrides.standing.find((one) => one.featureCode === feature.code),
    };
  });
  const columns: Column<Row>[] = [
    { key: 'feature', header: t('feature'), cell: (row) => <span className="font-medium">{row.name}</span> },
    { key: 'plan', header: t('plan'), cell: (row) => row.plan },
    {
      key: 'own',
      header: t('exception'),
      cell: (row) =>
        row.own ? (
          <>
            <span className="font-medium">{words.value(row.own)}</span>
            <span className="block text-sm text-muted">{words.story(row.own)}</span>
          </>
        ) : (
          <span className="text-muted">{t('none')}</span>
        ),
    },
    { key: 'now', header: t('holds'), cell: (row) => row.now },
    {
      key: 'do',
      header: <span className="sr-only">{t('actions')}</span>,
      label: '',
      align: 'right',
      cell: (row) => (
        <span className="flex flex-wrap justify-end gap-2">
          <OverrideForm {...row} account={account} locked={locked} />
          {row.own ? (
            <FormDialog
              trigger={t('end')}
              triggerLabel={t('endFor', { feature: row.name })}
              size="sm"
              title={t('endFor', { feature: row.name })}
              description={t('endText')}
              disabledReason={locked}
              action={endException}
              fields={{ ...account, feature: row.code, seen: row.own?.id ?? '' }}
              submit={t('endNow')}
              danger
            >
              <TextArea name="reason" label={c('reason')} hint={c('reasonHint')} maxLength={500} required />
            </FormDialog>
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <Card id="overrides" title={t('title')} description={t('text')} flush>
      <Table caption={t('title')} columns={columns} rows={rows} rowKey={(row) => row.code} />
      <div className="px-4 py-2 sm:px-6">
        <Disclosure summary={t('history', { count: overrides.ended.total })}>
          <ul className="mt-2 space-y-2 text-sm">
            {overrides.ended.rows.map((row) => (
              <li key={row.id}>
                <span className="font-medium">
                  {nameOf(row.featureCode)}: {words.value(row)}
                </span>{' '}
                {words.story(row)} {words.ended(row)}
              </li>
            ))}
          </ul>
          {overrides.ended.total > overrides.ended.rows.length ? (
            <Link
              href={`/admin/audit?merchant=${account.merchantId}&entity=override` as Route}
              prefetch={false}
              className="link"
            >
              {t('allHistory')}
            </Link>
          ) : null}
        </Disclosure>
      </div>
    </Card>
  );
}

/** An exception in words: what it sets, why, who made it, from when until when. */
function useOverrideWords(page: MerchantPage) {
  const t = useTranslations('merchant.overrides');
  const format = useFormat();
  const { nameOf, overrides } = page;
  /** The next one is made in the transaction that ends the one before. */
  const wasReplaced = (row: OverrideRow) =>
    [...overrides.standing, ...overrides.ended.rows].some(
      (next) => next.featureCode === row.featureCode && next.createdAt.getTime() === row.endedAt?.getTime(),
    );
  const grant = (enabled: boolean, limit: number | null, isFlag: boolean) =>
    !enabled ? t('off') : isFlag ? t('on') : limit === null ? t('unlimited') : format.number(limit);
  return {
    grant,
    value(row: OverrideRow): string {
      if (row.enabled === false) return t('off');
      if (!row.hasLimit) return t('on');
      return row.limitValue === null ? t('unlimited') : format.number(row.limitValue);
    },
    story(row: OverrideRow): string {
      const author = nameOf.get(row.author) ?? row.author;
      const parts = [t('because', { reason: row.reason, author })];
      if (row.startsAt) parts.push(t('from', { date: format.date(row.startsAt) }));
      if (row.expiresAt) parts.push(t('until', { date: format.date(row.expiresAt) }));
      if (row.endedAt === null && !isInForce(row, page.now)) parts.push(t('notNow'));
      return parts.join(' ');
    },
    ended(row: OverrideRow): string {
      if (!row.endedAt) return '';
      const by = row.endedBy ? (nameOf.get(row.endedBy) ?? row.endedBy) : '';
      const text = { date: format.date(row.endedAt), author: by };
      const why = overrides.endReasons.get(row.id);
      return why
        ? t('endedBecause', { ...text, reason: why })
        : t(wasReplaced(row) ? 'replaced' : 'ended', text);
    },
  };
}
