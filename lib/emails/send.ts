import { eq, sql } from 'drizzle-orm';
import nodemailer from 'nodemailer';
import type { Db } from '@/db/client';
import { emails } from '@/db/schema';
import { composeEmail } from './compose';

/**
 * Sends one queued e-mail; the worker repeats it while the server refuses. Sent ones stay sent. Without SMTP_URL it stays
 * queued, to be read under /admin/emails.
 */
export async function sendEmail(
  db: Db,
  id: string,
  config: { smtpUrl: string | undefined; appUrl: string },
): Promise<{ sent: boolean }> {
  const [row] = await db.select().from(emails).where(eq(emails.id, id));
  if (!row || row.status === 'sent' || !config.smtpUrl) return { sent: false };
  const { subject, text } = composeEmail(row, config.appUrl);
  const transport = nodemailer.createTransport(config.smtpUrl);
  try {
    await transport.sendMail({
      from: `Tierline <no-reply@${new URL(config.appUrl).hostname}>`,
      to: row.recipient,
      subject,
      text,
      // The same Message-ID on a repeated try, so that a server that took the first one can tell.
      messageId: `<${row.id}@tierline>`,
    });
    await db
      .update(emails)
      .set({ status: 'sent', sentAt: sql`now()`, attempts: row.attempts + 1, error: null })
      .where(eq(emails.id, id));
    return { sent: true };
  } catch (error) {
    await db
      .update(emails)
      .set({
        status: 'failed',
        attempts: row.attempts + 1,
        error: error instanceof Error ? error.message : String(error),
      })
      .where(eq(emails.id, id));
    throw error;
  } finally {
    transport.close();
  }
}
