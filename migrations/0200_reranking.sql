-- The model that orders what searches find, and what its calls are billed by (ADR 42).

-- No row: what the search itself made of it is the order.
create table rerankers (
  tenant_id  uuid primary key references tenants on delete cascade,
  model_id   uuid not null,
  updated_at timestamptz not null default now(),
  foreign key (tenant_id, model_id) references models (tenant_id, id) on delete cascade
);
create index rerankers_model_idx on rerankers (tenant_id, model_id);
select protect('rerankers');
select audited('rerankers', 'reranker', 'tenant_id', 'model_id');

alter table usage_records
  -- Of a reranker: what its provider bills beside tokens.
  add column searches bigint not null default 0 constraint usage_records_searches_not_negative check (searches >= 0),
  drop constraint usage_records_purpose_known,
  add constraint usage_records_purpose_known check (purpose in ('chat', 'title', 'rerank'));
