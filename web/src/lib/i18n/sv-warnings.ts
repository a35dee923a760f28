// Svenska texter: vad som inte kunde läsas i ett dokument, efter typ av varning.
import type { warnings as en } from './en-warnings';

export const warnings: Record<keyof typeof en, string> = {
  'warnings.title': 'Allt innehåll i dokumentet kunde inte läsas',
  'warnings.badge': 'Delar saknas',
  'warnings.leftOut': 'Utelämnat med avsikt',
  'warnings.onPages': 'Sidor: {pages}',
  'warnings.more': '{pages} med flera',
  'warnings.duplicate': 'Samma fil finns redan i samlingen.',
  'warnings.openDuplicate': 'Öppna det andra dokumentet',
  'warning.unmapped_letters.one':
    '{count} tecken har ett typsnitt som inte anger vilket tecken det är. Det är utelämnat.',
  'warning.unmapped_letters.other':
    '{count} tecken har ett typsnitt som inte anger vilka tecken det är. De är utelämnade.',
  'warning.pages_without_text.one':
    '{count} sida saknar text och är troligen inskannad. Kör textigenkänning (OCR) för att göra den sökbar.',
  'warning.pages_without_text.other':
    '{count} sidor saknar text och är troligen inskannade. Kör textigenkänning (OCR) för att göra dem sökbara.',
  'warning.unreadable_pages.one': '{count} sida är skadad och kunde inte läsas.',
  'warning.unreadable_pages.other': '{count} sidor är skadade och kunde inte läsas.',
  'warning.invalid_bytes.one': '{count} byte är ogiltig som text och visas som �.',
  'warning.invalid_bytes.other': '{count} byte är ogiltiga som text och visas som �.',
  'warning.unread_form_fields.one': '{count} formulärfält kunde inte läsas.',
  'warning.unread_form_fields.other': '{count} formulärfält kunde inte läsas.',
  'warning.skipped_attachments.one': '{count} bifogad fil ingår inte. Ladda upp den separat.',
  'warning.skipped_attachments.other': '{count} bifogade filer ingår inte. Ladda upp dem separat.',
  'warning.skipped_parts.one': '{count} del av filen kunde inte läsas.',
  'warning.skipped_parts.other': '{count} delar av filen kunde inte läsas.',
  'warning.hidden_text.one': '{count} dolt tecken är utelämnat.',
  'warning.hidden_text.other': '{count} dolda tecken är utelämnade.',
  'warning.skipped_columns.one': '{count} tabellkolumn ligger utanför gränsen och är utelämnad.',
  'warning.skipped_columns.other': '{count} tabellkolumner ligger utanför gränsen och är utelämnade.',
  'warning.pictures_without_text.one': '{count} bild saknar beskrivning. Text i bilden går inte att söka efter.',
  'warning.pictures_without_text.other': '{count} bilder saknar beskrivning. Text i bilderna går inte att söka efter.',
  'warning.skipped_comments.one': '{count} kommentar är utelämnad.',
  'warning.skipped_comments.other': '{count} kommentarer är utelämnade.',
  'warning.flattened_nesting.one': '{count} element är för djupt nästlat; texten kan stå på fel plats.',
  'warning.flattened_nesting.other': '{count} element är för djupt nästlade; texten kan stå på fel plats.',
  'warning.skipped_navigation.one': '{count} tecken i menyer och sidfötter runt sidan är utelämnat.',
  'warning.skipped_navigation.other': '{count} tecken i menyer och sidfötter runt sidan är utelämnade.',
  'warning.unknown.one': '{count} del kunde inte läsas.',
  'warning.unknown.other': '{count} delar kunde inte läsas.'
};
