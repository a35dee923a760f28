-- Dates that decide over pages of websites: the owner's, and those of sitemaps; and what a page said before it changed.

alter table website_pages
  -- After this its owner wants it in no index.
  add column unavailable_after timestamptz,
  -- When it was modified, as a sitemap said when its text was read last.
  add column lastmod timestamptz,
  -- Whether that had changed, too, when its text changed for the last time; null until then.
  add column lastmod_honest boolean,
  -- The text before its last change, cut to what is compared, and when that was fetched; null before a change, and once its document is removed.
  add column previous_text text,
  add column previous_fetched_at timestamptz;
create index website_pages_unavailable_idx on website_pages (tenant_id, website_id, unavailable_after)
  where unavailable_after is not null and document_id is not null;

alter table crawl_frontier
  -- When the page was modified, as a sitemap says.
  add column lastmod timestamptz;

alter table documents
  -- Of a page, as it says: ISO 8601, a day or a time.
  add column source_published text,
  add column source_modified text;

-- The owner of the tables is bound by row-level security too, and there is no tenant here. Nobody changed these documents: their time is not to
-- say so.
alter table documents no force row level security;
alter table website_pages no force row level security;
alter table documents disable trigger user;
update documents d set source_published = p.published, source_modified = p.modified
  from website_pages p
 where p.tenant_id = d.tenant_id and p.document_id = d.id and (p.published is not null or p.modified is not null);
alter table documents enable trigger user;
alter table website_pages force row level security;
alter table documents force row level security;
