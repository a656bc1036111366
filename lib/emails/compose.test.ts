import { createServer } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emails } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { composeEmail } from './compose';
import { sendEmail } from './send';

describe('an e-mail says what happened', () => {
  test.each([
    [
      'receipt',
      { amount: 9900, currency: 'EUR', number: 'A-1', url: 'https://pay.example' },
      'Receipt for €99.00',
    ],
    [
      'payment_failed',
      { amount: 11583, currency: 'EUR', number: 'A-1', nextAttemptAt: '2026-11-24T10:00:00Z' },
      'Your payment of €115.83 failed',
    ],
    // Minor units are what Stripe counts: a yen is one, a dinar a thousand.
    ['receipt', { amount: 5000, currency: 'JPY', number: 'A-1', url: '' }, 'Receipt for JP¥5,000'],
    ['receipt', { amount: 12_340, currency: 'KWD', number: 'A-1', url: '' }, 'Receipt for KWD\u00a012.340'],
    ['trial_ending', { trialEnd: '2026-12-01T00:00:00Z' }, 'Your trial ends on 1 December 2026'],
  ])('%s', (template, data, subject) => {
    const composed = composeEmail({ template, locale: 'en', data }, 'https://app.example');
    expect(composed.subject).toBe(subject);
    expect(composed.text).not.toMatch(/[{}]|undefined|emails\./);
  });

  test('a failed payment says when it is tried again', () => {
    const data = { amount: 100, currency: 'EUR', number: 'A-1', nextAttemptAt: '2026-11-24T10:00:00Z' };
    expect(
      composeEmail({ template: 'payment_failed', locale: 'en', data }, 'https://app.example').text,
    ).toContain('We try again on 24 November 2026.');
  });
});

describe('an e-mail is sent once', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let server: SMTPServer;
  let port: number;
  const received: string[] = [];
  beforeAll(async () => {
    database = await testDatabase();
    port = await freePort();
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, done) {
        let text = '';
        stream.on('data', (chunk) => {
          text += chunk;
        });
        stream.on('end', () => {
          received.push(text);
          done();
        });
      },
    });
    await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  });
  afterAll(async () => {
    await new Promise<void>((closed) => server.close(() => closed()));
    await database.close();
  });

  test('over SMTP, and not again', async () => {
    const { db } = database;
    await db.insert(emails).values({
      id: 'eml_1',
      dedupeKey: 'k1',
      template: 'receipt',
      recipient: 'a@example.test',
      locale: 'en',
      data: { amount: 9900, currency: 'EUR', number: 'A-1' },
      at: new Date(),
    });
    const config = { smtpUrl: `smtp://127.0.0.1:${port}`, appUrl: 'https://app.example' };
    expect(await sendEmail(db, 'eml_1', config)).toEqual({ sent: true });
    expect(await sendEmail(db, 'eml_1', config)).toEqual({ sent: false });
    expect(received).toHaveLength(1);
    expect(received[0]).toContain('To: a@example.test');
  });

  test('a server that is down is an error the worker repeats, and the row says so', async () => {
    const { db } = database;
    await db.insert(emails).values({
      id: 'eml_2',
      dedupeKey: 'k2',
      template: 'receipt',
      recipient: 'a@example.test',
      locale: 'en',
      data: { amount: 1, currency: 'EUR', number: 'A' },
      at: new Date(),
    });
    await expect(
      sendEmail(db, 'eml_2', { smtpUrl: 'smtp://127.0.0.1:1', appUrl: 'https://app.example' }),
    ).rejects.toThrow();
    const rows = await db.select().from(emails);
    expect(rows.find((row) => row.id === 'eml_2')).toMatchObject({ status: 'failed', attempts: 1 });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
