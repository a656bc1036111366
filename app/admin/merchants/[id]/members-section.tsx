import type { Route } from 'next';
import Link from 'next/link';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { useTranslations } from '@/lib/i18n/translations';
import type { MerchantPage } from './load';

const SHOWN = 12;

/** Who works there and who is invited. */
export function MembersSection({ page }: { page: MerchantPage }) {
  const t = useTranslations('merchant.page');
  const { members, invitations } = page.team;
  return (
    <Card id="members" title={t('members')}>
      {members.length === 0 ? <p className="text-muted">{t('nobody')}</p> : null}
      <ul className="divide-y divide-line">
        {members.slice(0, SHOWN).map((person) => (
          <li key={person.userId} className="flex flex-wrap items-center justify-between gap-2 py-2">
            <span className="min-w-0">
              <span className="block font-medium">{person.name}</span>
              <span className="block break-all text-sm text-muted">{person.email}</span>
            </span>
            <Badge tone={person.role === 'owner' ? 'accent' : 'neutral'}>{t(`roles.${person.role}`)}</Badge>
          </li>
        ))}
        {invitations.slice(0, SHOWN).map((one) => (
          <li key={one.id} className="flex flex-wrap items-center justify-between gap-2 py-2">
            <span className="min-w-0 break-all text-muted">{one.email}</span>
            <Badge tone="warn">{t('invited')}</Badge>
          </li>
        ))}
      </ul>
      {members.length + invitations.length > SHOWN ? (
        <Link
          href={`/admin/merchant-users?merchant=${page.merchant.id}` as Route}
          prefetch={false}
          className="link mt-3"
        >
          {t('allMembers')}
        </Link>
      ) : null}
    </Card>
  );
}
