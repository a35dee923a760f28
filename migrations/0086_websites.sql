-- Websites: each fills a collection of its own with pages that the worker fetches. A run is one crawl, its frontier the URLs of that run,
-- and pages are what is known of a URL from one run to the next.

alter table jobs drop constraint jobs_lane_known,
  add constraint jobs_lane_known check (lane in ('short', 'long', 'mail', 'crawl'));

-- What an operator allows a tenant.
alter table tenants
  add column max_websites int not null default 100 constraint tenants_websites_range check (max_websites between 0 and 10000),
  add column max_website_pages int not null default 20000 constraint tenants_website_pages_range check (max_website_pages between 1 and 20000),
  add column max_crawls int not null default 4 constraint tenants_crawls_range check (max_crawls between 1 and 50);

create table websites (
  id                uuid primary key,
  tenant_id         uuid not null references tenants on delete cascade,
  space_id          uuid not null,
  collection_id     uuid not null,
  name              text not null,
  -- websites::wire::CrawlSettings and Schedule.
  settings          jsonb not null,
  schedule          jsonb not null,
  credential_kind   text constraint websites_credential_known check (credential_kind in ('basic', 'header')),
  -- The user, or the name of the header.
  credential_name   text,
  credential_sealed text,
  -- What people may see of the secret.
  credential_shown  text,
  paused            boolean not null default false,
  -- Runs that failed one after the other; no scheduled run begins before retry_at.
  failures          int not null default 0,
  retry_at          timestamptz,
  -- Hashes of the blocks that stand on most pages and are no content; null until enough pages were seen.
  boilerplate       text[],
  created_by        uuid not null,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, collection_id),
  foreign key (tenant_id, space_id) references spaces (tenant_id, id) on delete cascade,
  foreign key (tenant_id, collection_id) references collections (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index websites_space_idx on websites (tenant_id, space_id, created_at);
select protect('websites');
select audited('websites', 'website', 'id', 'space_id,name,settings,schedule,credential_kind,credential_name,credential_sealed,paused', 'credential_sealed');

-- A schedule may belong to a website. jitter_seconds: it runs up to so much later, always by the same time. gap_seconds: not sooner after its last
-- time, which makes every second day of a daily expression.
alter table schedules
  add column website_id uuid,
  add column jitter_seconds int not null default 0 constraint schedules_jitter_range check (jitter_seconds between 0 and 3600),
  add column gap_seconds int not null default 0 constraint schedules_gap_range check (gap_seconds between 0 and 604800),
  add constraint schedules_website_fkey foreign key (tenant_id, website_id) references websites (tenant_id, id) on delete cascade;
create unique index schedules_website_key on schedules (tenant_id, website_id) where website_id is not null;

create table crawl_runs (
  id            uuid primary key,
  tenant_id     uuid not null references tenants on delete cascade,
  website_id    uuid not null,
  -- The newest job: a run that was paused goes on in another one.
  job_id        uuid not null,
  trigger       text not null constraint crawl_runs_trigger_known check (trigger in ('manual', 'schedule')),
  state         text not null default 'queued' constraint crawl_runs_state_known
                check (state in ('queued', 'running', 'stopping', 'paused', 'succeeded', 'partial', 'failed', 'stopped')),
  found         int not null default 0,
  fetched       int not null default 0,
  unchanged     int not null default 0,
  added         int not null default 0,
  changed       int not null default 0,
  removed       int not null default 0,
  failed        int not null default 0,
  bytes         bigint not null default 0,
  reason_code   text,
  reason_detail text,
  reason_hint   text,
  created_by    uuid,
  started_at    timestamptz,
  ended_at      timestamptz,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, job_id),
  foreign key (tenant_id, website_id) references websites (tenant_id, id) on delete cascade
);
create unique index crawl_runs_active_key on crawl_runs (tenant_id, website_id) where state in ('queued', 'running', 'stopping', 'paused');
create index crawl_runs_website_idx on crawl_runs (tenant_id, website_id, created_at);
select protect('crawl_runs');
create policy lookup on crawl_runs for select to tessera_lookup using (true);

create table website_pages (
  id             uuid primary key,
  tenant_id      uuid not null references tenants on delete cascade,
  website_id     uuid not null,
  -- Normalised: the identity of the page.
  url            text not null,
  state          text not null constraint website_pages_state_known
                 check (state in ('current', 'duplicate', 'noindex', 'empty', 'blocked', 'failed', 'gone')),
  document_id    uuid,
  depth          int not null default 0,
  status_code    int,
  media_type     text,
  etag           text,
  last_modified  text,
  -- Of the extracted text, or of the bytes of a file.
  content_hash   bytea,
  title          text,
  language       text,
  outlinks       text[] not null default '{}',
  failure_code   text,
  failure_detail text,
  gone_count     int not null default 0,
  -- The last run that looked at it.
  run_id         uuid,
  fetched_at     timestamptz,
  changed_at     timestamptz,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  unique (tenant_id, id),
  unique (tenant_id, website_id, url),
  foreign key (tenant_id, website_id) references websites (tenant_id, id) on delete cascade,
  foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete set null (document_id)
);
create index website_pages_list_idx on website_pages (tenant_id, website_id, created_at, id);
create index website_pages_document_idx on website_pages (tenant_id, document_id) where document_id is not null;
select protect('website_pages');

-- The URLs of a run. The job's lease is the lease of the whole frontier: one worker at a time takes its waiting rows in batches, and a row is done in the
-- transaction that stores what came of it. What a killed worker had in hand still waits.
create table crawl_frontier (
  id        uuid not null default gen_random_uuid(),
  tenant_id uuid not null references tenants on delete cascade,
  run_id    uuid not null,
  url       text not null,
  depth     int not null,
  -- Lower first; then by depth.
  priority  int not null default 0,
  -- Null: it waits.
  outcome   text constraint crawl_frontier_outcome_known
            check (outcome in ('added', 'changed', 'unchanged', 'removed', 'failed', 'gone', 'duplicate', 'noindex', 'empty', 'blocked', 'redirect', 'skipped', 'sitemap')),
  attempts  int not null default 0,
  due_at    timestamptz not null default now(),
  page_id   uuid,
  code      text,
  detail    text,
  done_at   timestamptz,
  primary key (tenant_id, run_id, url),
  foreign key (tenant_id, run_id) references crawl_runs (tenant_id, id) on delete cascade
);
create index crawl_frontier_waiting_idx on crawl_frontier (tenant_id, run_id, priority, depth, due_at) where outcome is null;
create index crawl_frontier_outcome_idx on crawl_frontier (tenant_id, run_id, outcome) where outcome is not null;
select protect('crawl_frontier');

-- One page of a website looked at beforehand: the last check of each website.
create table website_checks (
  tenant_id  uuid not null references tenants on delete cascade,
  website_id uuid not null,
  job_id     uuid not null,
  url        text not null,
  state      text not null default 'queued' constraint website_checks_state_known check (state in ('queued', 'done', 'failed')),
  result     jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, website_id),
  foreign key (tenant_id, website_id) references websites (tenant_id, id) on delete cascade
);
select protect('website_checks');

-- Where a document was fetched, and when.
alter table documents
  add column source_url text,
  add column source_fetched_at timestamptz;

-- A crawl has one entry in the audit log, and not one for each of its documents.
drop trigger audit on documents;
create constraint trigger audit after insert or update of collection_id, title on documents deferrable initially deferred
  for each row when (new.source_url is null or session_user <> 'tessera_worker')
  execute function audit.row('document', 'id', 'collection_id,title', '');
create constraint trigger audit_delete after delete on documents deferrable initially deferred
  for each row when (old.source_url is null or session_user <> 'tessera_worker')
  execute function audit.row('document', 'id', 'collection_id,title', '');
