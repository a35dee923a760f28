-- What a page says of its dates, and how sure it is that its main content was found.

alter table website_pages
  -- ISO 8601, a day or a time, as the page writes it.
  add column published text,
  add column modified text,
  -- 0 to 1; null for files, and for pages that were not read since.
  add column quality real;
