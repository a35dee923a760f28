// The emails of the stack that is tried: files in a folder, as long as nobody names a mail server.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';

/** Where they lie; without it nothing that is mailed can be tried. */
export const outbox = process.env.TESSERA_OUTBOX ?? '';

/** The texts of the emails to an address, oldest first. */
export function emailsTo(email: string): string[] {
  // Made with the first mail.
  if (!existsSync(outbox)) return [];
  const files = readdirSync(outbox).filter((name) => name.endsWith('.eml'));
  const emails = files.sort().map((name) => readFileSync(join(outbox, name), 'utf8'));
  return emails.filter((mail) => new RegExp(`^To:.*${email.replaceAll('.', '\\.')}`, 'm').test(mail));
}

/** Path and fragment of the newest link to this page that was mailed to somebody; waits for the mail. */
export async function linkMailedTo(email: string, page: '/reset' | '/invitation'): Promise<string> {
  const newest = () => {
    const addresses = emailsTo(email).flatMap((mail) => mail.match(/https?:\S+/g) ?? []);
    return addresses.map((address) => new URL(address)).findLast(({ pathname }) => pathname === page);
  };
  await expect.poll(newest, { timeout: 30_000 }).toBeDefined();
  return page + newest()?.hash;
}
