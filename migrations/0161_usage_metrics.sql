-- What the worker counts for metrics, over all tenants: calls in the order in which they were recorded, and how quotas stand.

alter table usage_records add column recorded_at timestamptz not null default now();
create index usage_records_recorded_idx on usage_records (recorded_at, id);
create policy lookup on usage_records for select to tessera_lookup using (true);

-- Questions that were refused in the period.
alter table quota_counters add column refused bigint not null default 0;
create index quota_counters_period_idx on quota_counters (period_start);
create policy lookup on quota_counters for select to tessera_lookup using (true);
create policy lookup on quotas for select to tessera_lookup using (true);
create policy lookup on quota_reservations for select to tessera_lookup using (true);
create policy lookup on quota_alerts for select to tessera_lookup using (true);
create index quota_alerts_created_at_idx on quota_alerts (created_at);
