// English texts: what could not be read in a document, by kind of warning.
export const warnings = {
  'warnings.title': 'Not everything in this document could be read',
  'warnings.badge': 'Parts missing',
  'warnings.onPages': 'Pages: {pages}',
  'warnings.more': '{pages} and more',
  'warnings.duplicate': 'This collection already holds the same file.',
  'warnings.openDuplicate': 'Open the other document',
  'warning.unmapped_letters.one': '{count} letter has a font that does not say which letter it is. It is left out.',
  'warning.unmapped_letters.other':
    '{count} letters have a font that does not say which letters they are. They are left out.',
  'warning.pages_without_text.one':
    '{count} page holds no text, as scanned pages do. Run text recognition (OCR) to make it searchable.',
  'warning.pages_without_text.other':
    '{count} pages hold no text, as scanned pages do. Run text recognition (OCR) to make them searchable.',
  'warning.unreadable_pages.one': '{count} page is damaged and could not be read.',
  'warning.unreadable_pages.other': '{count} pages are damaged and could not be read.',
  'warning.invalid_bytes.one': '{count} byte is not valid text and shows as �.',
  'warning.invalid_bytes.other': '{count} bytes are not valid text and show as �.',
  'warning.unread_form_fields.one': '{count} form field could not be read.',
  'warning.unread_form_fields.other': '{count} form fields could not be read.',
  'warning.skipped_attachments.one': '{count} attached file is not included. Upload it separately.',
  'warning.skipped_attachments.other': '{count} attached files are not included. Upload them separately.',
  'warning.skipped_parts.one': '{count} part of the file could not be read.',
  'warning.skipped_parts.other': '{count} parts of the file could not be read.',
  'warning.hidden_text.one': '{count} hidden character is left out.',
  'warning.hidden_text.other': '{count} hidden characters are left out.',
  'warning.skipped_columns.one': '{count} table column is beyond the limit and left out.',
  'warning.skipped_columns.other': '{count} table columns are beyond the limit and left out.',
  'warning.pictures_without_text.one': '{count} picture has no description. Text in it is not searchable.',
  'warning.pictures_without_text.other': '{count} pictures have no description. Text in them is not searchable.',
  'warning.skipped_comments.one': '{count} comment is left out.',
  'warning.skipped_comments.other': '{count} comments are left out.',
  'warning.flattened_nesting.one': '{count} element is nested too deeply; its text may be out of place.',
  'warning.flattened_nesting.other': '{count} elements are nested too deeply; their text may be out of place.',
  'warning.unknown.one': '{count} part could not be read.',
  'warning.unknown.other': '{count} parts could not be read.'
};
