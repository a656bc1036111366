import { useTranslations } from '@/lib/i18n/translations';

/** The downloads of what an auditor asks for, a quarter each. */
export function VatProofLinks({ merchantId, quarters }: { merchantId: string; quarters: string[] }) {
  const t = useTranslations('merchant.vatProof');
  if (quarters.length === 0) return null;
  const href = (quarter: string) => `/admin/merchants/${merchantId}/vat-proof?quarter=${quarter}`;
  return (
    <div className="mt-3 border-t border-line pt-3">
      <p className="font-medium">{t('download')}</p>
      <ul>
        {quarters.map((quarter) => (
          <li key={quarter} className="flex gap-3">
            <a href={href(quarter)} className="link">
              {t('pdf', { quarter })}
            </a>
            <a href={`${href(quarter)}&as=csv`} className="link">
              {t('csv')}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
