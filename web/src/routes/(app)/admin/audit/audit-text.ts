// An entry of the audit log in words. What this page does not know goes by its own name.
import { formatDateTime, formatNumber, isMessageKey, t } from '$lib/i18n/index.svelte';
import type { AuditEntry } from '$lib/api/types';

const VERBS = ['create', 'update', 'delete'] as const;
/** What stands for a secret or a private text. */
const MASK = '***';

/** What happened: "Changed: person". */
export function actionText(entry: Pick<AuditEntry, 'action' | 'resource_kind'>): string {
  const whole = `audit.action.${entry.action}`;
  if (isMessageKey(whole)) return t(whole);
  const verb = VERBS.find((known) => entry.action.endsWith(`.${known}`));
  const kind = `audit.kind.${entry.resource_kind}`;
  if (!verb || !isMessageKey(kind)) return entry.action;
  return t(`audit.verb.${verb}`, { what: t(kind) });
}

/** A kind of thing, for choosing. */
export function kindText(kind: string): string {
  const key = `audit.kind.${kind}`;
  if (!isMessageKey(key)) return kind;
  const text = t(key);
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** Who it was. */
export function actorText({ actor }: Pick<AuditEntry, 'actor'>): string {
  if (actor.name) return actor.name;
  const kind = `audit.actor.${actor.kind}`;
  return isMessageKey(kind) ? t(kind) : actor.kind;
}

/** The best name that the entry itself has for its thing, if it has one. */
export function resourceText({ before, after }: Pick<AuditEntry, 'before' | 'after'>): string {
  for (const state of [membersOf(after), membersOf(before)]) {
    for (const field of ['name', 'display_name', 'title', 'email']) {
      const value = state[field];
      if (typeof value === 'string' && value !== '' && value !== MASK) return value;
    }
  }
  return '';
}

export interface FieldChange {
  field: string;
  before: string;
  after: string;
}

/** What was other before and after, by field. Fields that are the same on both sides are left out; of masked ones nobody can tell. */
export function changesOf({ before, after }: Pick<AuditEntry, 'before' | 'after'>): FieldChange[] {
  const [was, is] = [membersOf(before), membersOf(after)];
  const fields = Array.from(new Set([...Object.keys(was), ...Object.keys(is)]));
  return fields
    .map((field) => ({ field, before: valueText(was[field]), after: valueText(is[field]) }))
    .filter((change) => change.before !== change.after || change.before === MASK);
}

function membersOf(state: unknown): Record<string, unknown> {
  return typeof state === 'object' && state !== null ? { ...state } : {};
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? formatDateTime(value) : value;
  const { begins, characters, sha256 } = membersOf(value);
  if (typeof characters === 'number') return `${begins} … (${formatNumber(characters)}, SHA-256 ${sha256})`;
  return JSON.stringify(value);
}
