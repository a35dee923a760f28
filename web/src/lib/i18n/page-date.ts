// Dates as web pages write them.
import { formatDate, locale } from './index.svelte';

/** An ISO day or time; of a time its day. What is none stands as it is. */
export function formatPageDate(text: string): string {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (day) {
    // A day belongs to no time zone.
    const at = Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]));
    return new Intl.DateTimeFormat(locale.tag, { dateStyle: 'medium', timeZone: 'UTC' }).format(at);
  }
  return Number.isNaN(Date.parse(text)) ? text : formatDate(text);
}
