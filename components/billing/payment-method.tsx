import { Icon } from '@/components/ui/icon';
import { useTranslations } from '@/lib/i18n/translations';
import type { CardFacts } from './facts';

/** The card that is charged, and whether it is still valid. */
export function PaymentMethod({ card, now }: { card: CardFacts | null; now: Date }) {
  const t = useTranslations('billing.payment');
  if (!card) return <p className="text-muted">{t('none')}</p>;
  const gone = Date.UTC(card.expYear, card.expMonth, 1) <= now.getTime();
  const when = { month: String(card.expMonth).padStart(2, '0'), year: String(card.expYear) };
  return (
    <p className="flex items-center gap-3">
      <span className="rounded-md border border-line p-2 text-muted">
        <Icon name="billing" />
      </span>
      <span>
        <span className="block font-medium">
          {t('card', { brand: brandName(card.brand), last4: card.last4 })}
        </span>
        <span className={gone ? 'font-medium text-danger-ink' : 'text-muted'}>
          {t(gone ? 'expired' : 'expires', when)}
        </span>
      </span>
    </p>
  );
}

const brands: Record<string, string> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'American Express',
  discover: 'Discover',
  diners: 'Diners Club',
  jcb: 'JCB',
  unionpay: 'UnionPay',
};

function brandName(brand: string): string {
  return brands[brand] ?? brand.charAt(0).toUpperCase() + brand.slice(1);
}
