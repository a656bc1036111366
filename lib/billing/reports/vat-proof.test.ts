import { afterAll, beforeAll, expect, test } from 'vitest';
import { updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { checkVatNumber } from '@/lib/billing/customers/vat-check';
import { writePdf } from '@/lib/pdf';
import { addDays } from '@/lib/time';
import { openStage, type Stage } from '@/testing/stage';
import { listProofQuarters, listVatProof, quarterOf, readQuarter } from './vat-proof';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ at: new Date('2026-11-20T10:00:00Z') });
});
afterAll(() => stage.close());

test('a quarter is read as it is written', () => {
  expect(readQuarter('2026-Q4')).toEqual({
    name: '2026-Q4',
    from: new Date('2026-10-01T00:00:00Z'),
    to: new Date('2027-01-01T00:00:00Z'),
  });
  for (const none of ['2026-Q5', 'x', undefined, '9999-Q4', '0000-Q1', '2100-Q1', '1999-Q4'])
    expect(readQuarter(none), none).toBeNull();
  expect(quarterOf(new Date('2026-12-31T23:59:59Z'))).toBe('2026-Q4');
});

test('each reverse-charge invoice of the quarter stands with what VIES had said before it, not since', async () => {
  const shop = await stage.subscriber('professional');
  const merchantId = shop.account.merchantId;
  const check = async () => {
    const vies = { url: stage.vies.url, ownNumber: stage.vies.seller };
    const due = addDays(await stage.now(), 100);
    await checkVatNumber(stage.db, stage.stripe, merchantId, vies, { ...(await stage.by(shop)), now: due });
  };
  await updateBillingDetails(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    merchantId,
    details: { address: { country: 'AT' }, vatNumber: 'ATU73127396' },
  });
  await checkVatNumber(
    stage.db,
    stage.stripe,
    merchantId,
    { url: stage.vies.url, ownNumber: stage.vies.seller },
    await stage.by(shop),
  );
  const end = (await stage.current(shop)).currentPeriodEnd ?? new Date();
  await stage.advanceTo(addDays(end, 0.1));
  await stage.deliverNew();
  await stage.vies.control('numbers', { number: 'ATU73127396', verdict: 'invalid' });
  await check();
  expect(await listProofQuarters(stage.db, merchantId)).toEqual(['2026-Q4']);
  const quarter = readQuarter('2026-Q4');
  const rows = quarter && (await listVatProof(stage.db, merchantId, quarter));
  expect(rows).toMatchObject([
    {
      total: 9900,
      country: 'AT',
      vatNumber: 'ATU73127396',
      proof: {
        verdict: 'valid',
        name: 'Alpenrand Handels GmbH',
        consultationNumber: expect.stringMatching(/^WAPI/),
      },
    },
  ]);
});

test('the file holds Greek and Bulgarian names, and numbers its pages', async () => {
  const pages: string[] = [];
  const pdf = await writePdf({
    title: 'Proof',
    intro: ['ΑΙΓΑΙΟ ΕΜΠΟΡΙΚΗ', 'РОЗОВА ДОЛИНА ООД'],
    entries: Array.from({ length: 60 }, (_, n) => ({ heading: `Invoice ${n}`, lines: ['a', 'b', 'c'] })),
    pageOf: (page, of) => {
      pages.push(`${page} of ${of}`);
      return `${page} of ${of}`;
    },
  });
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  const count = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length;
  expect(pages).toHaveLength(count ?? 0);
  expect(pages.at(-1)).toBe(`${count} of ${count}`);
  expect(pdf.toString('latin1')).toContain('DejaVuSans');
});
